/** The calls about processes as raw system calls. */
import { CLD_EXITED, CLD_KILLED } from '../../src/kernel/uapi/signal.ts';
import { P_PID, P_PIDFD } from '../../src/kernel/uapi/wait.ts';
import { type ProcessStep, waitedFor } from '../../src/scenario/processes.ts';
import type { StepOf } from '../../src/scenario/scenario.ts';
import { syscallNumbers as nr } from './abi.ts';
import { builtPlayer } from './compiler.ts';
import { NULL, opening, put, type RawCall, type Surroundings, u64 } from './encode.ts';

export function encodeProcesses(step: ProcessStep, at: Surroundings): RawCall {
  switch (step.call) {
    case 'fork': {
      const { child } = step.args;
      const shown = (ret: number) => {
        at.process.forked(child, ret);
        return { ret: 0, process: at.threadName(child) };
      };
      return { nr: nr.fork, args: [child], shown };
    }
    case 'execve':
      return { nr: nr.execve, args: playerAgain(at) };
    case 'exit':
      return { nr: nr.exit_group, args: [step.args.status] };
    case 'wait4':
      return wait4(step, at);
    case 'waitid':
      return waitid(step, at);
    case 'setpgid': {
      const { process, group } = step.args;
      return { nr: nr.setpgid, args: [at.pid(process), at.pid(group)] };
    }
    case 'pidfd_open':
      return opening(nr.pidfd_open, at.pid(step.args.process), step.args.flags);
  }
}

/** The arguments of an execve() of the player, which goes on as this thread. */
function playerAgain(at: Surroundings): number[] {
  const path = put(at, Buffer.from(`${builtPlayer()}\0`));
  const thread = put(at, Buffer.from(`${at.thread}\0`));
  const argv = put(at, Buffer.concat([path, thread, NULL].map(u64)));
  return [path, argv, put(at, u64(NULL))];
}

function wait4({ args }: StepOf<'wait4'>, at: Surroundings): RawCall {
  const address = put(at, Buffer.alloc(8));
  const pid = args.process === null ? -1 : at.pid(args.process);
  return {
    nr: nr.wait4,
    args: [pid, address, args.options, NULL],
    shown: (ret) => {
      if (ret === 0) return { ret };
      const status = at.process.peek(address, 4).readInt32LE();
      return waitedFor(at.threadName(at.process.threadOf(ret)), status);
    },
  };
}

/** struct siginfo on x86-64. */
const siginfo = { size: 128, code: 8, pid: 16, status: 24 } as const;

function waitid({ args }: StepOf<'waitid'>, at: Surroundings): RawCall {
  const address = put(at, Buffer.alloc(siginfo.size));
  const { process, fd, options } = args;
  const [type, id] = fd === undefined ? [P_PID, at.pid(process as number)] : [P_PIDFD, at.fd(fd)];
  return {
    nr: nr.waitid,
    args: [type, id, address, options, NULL],
    shown: (ret) => {
      const bytes = at.process.peek(address, siginfo.size);
      const pid = bytes.readInt32LE(siginfo.pid);
      if (pid === 0) return { ret };
      const code = bytes.readInt32LE(siginfo.code);
      const status = bytes.readInt32LE(siginfo.status);
      if (code !== CLD_EXITED && code !== CLD_KILLED) throw new Error(`si_code ${code}`);
      const word = code === CLD_EXITED ? status << 8 : status;
      return waitedFor(at.threadName(at.process.threadOf(pid)), word);
    },
  };
}
