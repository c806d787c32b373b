/** The calls on sockets as raw system calls. */
import { AF_INET, SO_ERROR, SO_LINGER, SOL_SOCKET } from '../../src/kernel/uapi/socket.ts';
import type { Step, StepOf } from '../../src/scenario/scenario.ts';
import { returnedSocketError } from '../../src/scenario/transcript.ts';
import { syscallNumbers as nr } from './abi.ts';
import { int32s, NULL, opening, pairCall, put, type RawCall, type Surroundings } from './encode.ts';

type SocketCall =
  | 'socket'
  | 'socketpair'
  | 'bind'
  | 'listen'
  | 'connect'
  | 'accept4'
  | 'shutdown'
  | 'setsockopt'
  | 'getsockopt';

export function encodeOnSocket(step: Step & StepOf<SocketCall>, at: Surroundings): RawCall {
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
      const address = put(at, sockaddrIn(step.args.port));
      return { nr: nr.bind, args: [at.fd(step.args.fd), address, addressSize] };
    }
    case 'listen':
      return { nr: nr.listen, args: [at.fd(step.args.fd), step.args.backlog] };
    case 'connect': {
      const { to } = step.args;
      const port = typeof to === 'object' && 'port' in to ? to.port : at.portOf(to);
      const address = put(at, sockaddrIn(port));
      return { nr: nr.connect, args: [at.fd(step.args.fd), address, addressSize] };
    }
    case 'accept4':
      return opening(nr.accept4, at.fd(step.args.fd), NULL, NULL, step.args.flags);
    case 'shutdown':
      return { nr: nr.shutdown, args: [at.fd(step.args.fd), step.args.how] };
    case 'setsockopt':
      return setsockopt(step, at);
    case 'getsockopt':
      return getsockopt(step, at);
    default:
      throw new Error('not a call on a socket');
  }
}

const addressSize = 16;

function sockaddrIn(port: number): Buffer {
  const bytes = Buffer.alloc(addressSize);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.writeUInt32BE(0x7f000001, 4);
  return bytes;
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
