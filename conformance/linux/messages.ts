/** Sending and receiving on sockets as raw system calls. */
import { MSG_NOSIGNAL, SCM_RIGHTS, SOL_SOCKET } from '../../src/kernel/uapi/socket.ts';
import { maxShown } from '../../src/scenario/payload.ts';
import type { StepOf } from '../../src/scenario/scenario.ts';
import { returnedMessage } from '../../src/scenario/transcript.ts';
import { syscallNumbers as nr } from './abi.ts';
import { roomForAddress, sender, targetOf } from './addresses.ts';
import { int32s, NULL, put, type RawCall, type Surroundings, u64 } from './encode.ts';
import { payload, received } from './payload.ts';

export function sendBytes(step: StepOf<'send'> | StepOf<'sendto'>, at: Surroundings): RawCall {
  const flags = step.args.flags | MSG_NOSIGNAL;
  const args = [at.fd(step.args.fd), ...payload(step.args, at), flags];
  if (step.call === 'send') return { nr: nr.sendto, args: [...args, NULL, 0] };
  const address = targetOf(step.args.to, at);
  return { nr: nr.sendto, args: [...args, put(at, address), address.length] };
}

export function receiveBytes(step: StepOf<'recv'> | StepOf<'recvfrom'>, at: Surroundings): RawCall {
  const fd = at.fd(step.args.fd);
  const { len, flags } = step.args;
  const isFrom = step.call === 'recvfrom';
  const address = isFrom ? put(at, Buffer.alloc(roomForAddress)) : NULL;
  const length = isFrom ? put(at, int32s(roomForAddress)) : NULL;
  const raw = received(len, at, false, (to) => [fd, ...to, flags, address, length]);
  if (!isFrom) return { nr: nr.recvfrom, ...raw };
  return {
    nr: nr.recvfrom,
    args: raw.args,
    shown: (ret) => {
      const shown = raw.shown?.(ret) ?? { ret };
      const from = senderAt(address, at.process.peek(length, 4).readInt32LE(), at);
      return from === undefined ? shown : { ...shown, from };
    },
  };
}

const senderAt = (address: number, length: number, { process }: Surroundings): string | undefined =>
  sender(process.peek(address, roomForAddress), length);

/** struct msghdr and struct cmsghdr on x86-64. */
const nameLength = 8;
const controlLength = 40;
const messageFlags = 48;
const cmsgSize = 16;

const controlSize = (fds: number): number =>
  fds === 0 ? 0 : cmsgSize + Math.ceil((4 * fds) / 8) * 8;

function message(
  name: Buffer | null,
  [address, length]: readonly [number, number],
  control: Buffer,
  at: Surroundings,
): { at: number; name: number; control: number } {
  const nameAt = name === null ? NULL : put(at, name);
  const controlAt = control.length === 0 ? NULL : put(at, control);
  const iov = put(at, Buffer.concat([u64(address), u64(length)]));
  const header = [nameAt, name?.length ?? 0, iov, 1, controlAt, control.length, 0].map(u64);
  return { at: put(at, Buffer.concat(header)), name: nameAt, control: controlAt };
}

function rights(fds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(controlSize(fds.length));
  if (fds.length === 0) return bytes;
  u64(cmsgSize + 4 * fds.length).copy(bytes);
  int32s(SOL_SOCKET, SCM_RIGHTS, ...fds).copy(bytes, 8);
  return bytes;
}

export function sendMessage({ args }: StepOf<'sendmsg'>, at: Surroundings): RawCall {
  const fd = at.fd(args.fd);
  const name = args.to === undefined ? null : targetOf(args.to, at);
  const control = rights(args.fds.map((fd) => at.fd(fd)));
  const header = message(name, payload(args, at), control, at);
  return { nr: nr.sendmsg, args: [fd, header.at, args.flags | MSG_NOSIGNAL] };
}

export function receiveMessage({ args }: StepOf<'recvmsg'>, at: Surroundings): RawCall {
  const { process } = at;
  const { fd, len, flags } = args;
  const data = process.memory.data(at.thread, at.dataAt);
  const control = Buffer.alloc(controlSize(args.fds));
  const header = message(Buffer.alloc(roomForAddress), [data, len], control, at);
  const fds = (): readonly number[] | undefined => {
    const used = process.peek(header.at + controlLength, 8).readUInt32LE();
    return used < cmsgSize ? undefined : rightsIn(process.peek(header.control, used));
  };
  return {
    nr: nr.recvmsg,
    args: [at.fd(fd), header.at, flags],
    opens: () => fds() ?? [],
    shown: (ret) => {
      const from = senderAt(header.name, process.peek(header.at + nameLength, 4).readInt32LE(), at);
      const came = fds();
      return returnedMessage(ret, process.peek(data, Math.min(ret, len, maxShown)), {
        ...(came === undefined ? {} : { fds: came }),
        ...(from === undefined ? {} : { from }),
        msg_flags: process.peek(header.at + messageFlags, 4).readInt32LE(),
      });
    },
  };
}

/** The descriptors among control messages; undefined where there are none. */
function rightsIn(control: Buffer): readonly number[] | undefined {
  for (let at = 0; at + cmsgSize <= control.length; ) {
    const length = control.readUInt32LE(at);
    const isRights =
      control.readInt32LE(at + 8) === SOL_SOCKET && control.readInt32LE(at + 12) === SCM_RIGHTS;
    if (isRights) {
      const count = (length - cmsgSize) >> 2;
      return Array.from({ length: count }, (_, i) => control.readInt32LE(at + cmsgSize + 4 * i));
    }
    at += Math.max(cmsgSize, (length + 7) & ~7);
  }
  return undefined;
}
