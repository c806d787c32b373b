/** The calls on sockets as raw system calls. */
import { SO_ERROR, SO_LINGER, SOL_SOCKET } from '../../src/kernel/uapi/socket.ts';
import type { SocketStep } from '../../src/scenario/perform_socket.ts';
import type { Fd, StepOf } from '../../src/scenario/scenario.ts';
import { returnedSocketError } from '../../src/scenario/transcript.ts';
import { syscallNumbers as nr } from './abi.ts';
import { roomForAddress, sender, sockaddrIn, sockaddrUn, targetOf } from './addresses.ts';
import { int32s, NULL, opening, pairCall, put, type RawCall, type Surroundings } from './encode.ts';
import { receiveBytes, receiveMessage, sendBytes, sendMessage } from './messages.ts';

export function encodeOnSocket(step: SocketStep, at: Surroundings): RawCall {
  switch (step.call) {
    case 'socket': {
      const { domain, type, protocol } = step.args;
      return opening(nr.socket, domain, type, protocol);
    }
    case 'socketpair': {
      const { domain, type } = step.args;
      return pairCall(nr.socketpair, at, (fds) => [domain, type, 0, fds]);
    }
    case 'bind': {
      const { fd, port, path } = step.args;
      const address = path === undefined ? sockaddrIn(port as number) : sockaddrUn(path);
      return { nr: nr.bind, args: [at.fd(fd), put(at, address), address.length] };
    }
    case 'listen':
      return { nr: nr.listen, args: [at.fd(step.args.fd), step.args.backlog] };
    case 'connect': {
      const address = targetOf(step.args.to, at);
      return { nr: nr.connect, args: [at.fd(step.args.fd), put(at, address), address.length] };
    }
    case 'accept4':
      return opening(nr.accept4, at.fd(step.args.fd), NULL, NULL, step.args.flags);
    case 'shutdown':
      return { nr: nr.shutdown, args: [at.fd(step.args.fd), step.args.how] };
    case 'setsockopt':
      return setsockopt(step, at);
    case 'getsockopt':
      return getsockopt(step, at);
    case 'getsockname':
      return nameOf(nr.getsockname, step.args.fd, at);
    case 'getpeername':
      return nameOf(nr.getpeername, step.args.fd, at);
    case 'send':
    case 'sendto':
      return sendBytes(step, at);
    case 'recv':
    case 'recvfrom':
      return receiveBytes(step, at);
    case 'sendmsg':
      return sendMessage(step, at);
    case 'recvmsg':
      return receiveMessage(step, at);
  }
}

/** SO_LINGER takes two numbers; a scenario has the seconds, negative for off. */
const isLinger = (level: number, name: number): boolean =>
  level === SOL_SOCKET && name === SO_LINGER;

function setsockopt({ args }: StepOf<'setsockopt'>, at: Surroundings): RawCall {
  const { level, name, value } = args;
  const bytes = isLinger(level, name)
    ? int32s(value < 0 ? 0 : 1, Math.max(value, 0))
    : int32s(value);
  return {
    nr: nr.setsockopt,
    args: [at.fd(args.fd), level, name, put(at, bytes), bytes.length],
  };
}

function nameOf(number: number, fd: Fd, at: Surroundings): RawCall {
  const address = put(at, Buffer.alloc(roomForAddress));
  const length = put(at, int32s(roomForAddress));
  return {
    nr: number,
    args: [at.fd(fd), address, length],
    shown: (ret) => {
      const used = at.process.peek(length, 4).readInt32LE();
      return { ret, address: sender(at.process.peek(address, roomForAddress), used) as string };
    },
  };
}

function getsockopt({ args }: StepOf<'getsockopt'>, at: Surroundings): RawCall {
  const { level, name } = args;
  const linger = isLinger(level, name);
  const address = put(at, Buffer.alloc(8));
  const length = put(at, int32s(linger ? 8 : 4));
  return {
    nr: nr.getsockopt,
    args: [at.fd(args.fd), level, name, address, length],
    shown: (ret) => {
      const bytes = at.process.peek(address, 8);
      const first = bytes.readInt32LE(0);
      if (linger) return { ret, value: first === 0 ? -1 : bytes.readInt32LE(4) };
      const isError = level === SOL_SOCKET && name === SO_ERROR;
      return isError ? returnedSocketError(ret, first) : { ret, value: first };
    },
  };
}
