/** The calls about signals as raw system calls. */
import { sigmask } from '../../src/kernel/signal.ts';
import { signalName } from '../../src/kernel/uapi/names.ts';
import type { Step, StepOf } from '../../src/scenario/scenario.ts';
import { syscallNumbers as nr, saRestorer } from './abi.ts';
import { NULL, opening, put, type RawCall, type Surroundings, u64 } from './encode.ts';

const maskSize = 8;

const maskOf = (signals: readonly number[]): bigint =>
  signals.reduce((mask, signal) => mask | sigmask(signal), 0n);

/** The address of a signal mask; NULL for none. */
export const maskAt = (signals: readonly number[] | null, at: Surroundings): number =>
  signals === null ? NULL : put(at, u64(maskOf(signals)));

type SignalStep = Extract<
  Step,
  { readonly call: 'signalfd4' | 'sigprocmask' | 'sigaction' | 'kill' | 'pidfd_send_signal' }
>;

export function encodeSignals(step: SignalStep, at: Surroundings): RawCall {
  switch (step.call) {
    case 'signalfd4': {
      const { fd, mask, flags } = step.args;
      return opening(nr.signalfd4, at.fd(fd), maskAt(mask, at), maskSize, flags);
    }
    case 'sigprocmask': {
      const { how, set } = step.args;
      return { nr: nr.rt_sigprocmask, args: [how, maskAt(set, at), NULL, maskSize] };
    }
    case 'sigaction': {
      const { signal, handler, flags } = step.args;
      const { caught, restorer } = at.process.handlers();
      const address = { SIG_DFL: 0n, SIG_IGN: 1n, caught }[handler];
      const kept = [address, BigInt((flags | saRestorer) >>> 0), restorer, 0n].map(u64);
      return { nr: nr.rt_sigaction, args: [signal, put(at, Buffer.concat(kept)), NULL, maskSize] };
    }
    case 'kill':
      return { nr: nr.kill, args: [whom(step.args, at), step.args.signal] };
    case 'pidfd_send_signal': {
      const { fd, signal } = step.args;
      return { nr: nr.pidfd_send_signal, args: [at.fd(fd), signal, NULL, 0] };
    }
  }
}

/** A process, or a group of them, as kill() takes it. */
const whom = ({ thread, group }: StepOf<'kill'>['args'], at: Surroundings): number =>
  group === undefined ? at.pid(thread as number) : -at.pid(group);

/** struct signalfd_siginfo. */
const entrySize = 128;

export function readSignals(fd: number, len: number, at: Surroundings): RawCall {
  const { process } = at;
  const address = process.memory.data(at.thread, at.dataAt);
  return {
    nr: nr.read,
    args: [fd, address, len],
    shown: (ret) => {
      const bytes = process.peek(address, ret);
      const count = Math.floor(ret / entrySize);
      const signals = Array.from({ length: count }, (_, i) =>
        signalName(bytes.readUInt32LE(i * entrySize)),
      );
      return { ret, signals };
    },
  };
}
