/** The calls on sockets, as perform.ts makes all the others. */
import type { Kernel } from '../kernel/op.ts';
import {
  AF_INET,
  AF_UNIX,
  AF_UNSPEC,
  SCM_RIGHTS,
  SO_ERROR,
  SOL_SOCKET,
} from '../kernel/uapi/socket.ts';
import type { cmsghdr, sockaddr } from '../net/socket.ts';
import type { user_msghdr } from '../net/sys_msg.ts';
import { addressText, sunPath } from './address.ts';
import { noAddress } from './errors.ts';
import type { Target } from './kinds.ts';
import { descriptor, number, type Outcome, outcome, pair, type Surroundings } from './outcome.ts';
import { payloadBytes } from './payload.ts';
import { folder } from './perform_file.ts';
import type { Step, StepOf } from './scenario.ts';
import {
  returnedBytes,
  returnedMessage,
  returnedSocketError,
  returnedValue,
} from './transcript.ts';

/** The calls that are about sockets. */
export type SocketCall =
  | 'socket'
  | 'socketpair'
  | 'bind'
  | 'listen'
  | 'connect'
  | 'accept4'
  | 'shutdown'
  | 'setsockopt'
  | 'getsockopt'
  | 'send'
  | 'recv'
  | 'sendto'
  | 'getsockname'
  | 'getpeername'
  | 'recvfrom'
  | 'sendmsg'
  | 'recvmsg';

export type SocketStep = Extract<Step, { readonly call: SocketCall }>;

export function performOnSocket(step: SocketStep, at: Surroundings): Kernel<Outcome> {
  const { sys } = at;
  switch (step.call) {
    case 'socket':
      return descriptor(sys.socket(step.args.domain, step.args.type, step.args.protocol));
    case 'socketpair':
      return pair(sys.socketpair(step.args.domain, step.args.type));
    case 'bind':
      return number(sys.bind(at.fd(step.args.fd), addressGiven(step.args)));
    case 'listen':
      return number(sys.listen(at.fd(step.args.fd), step.args.backlog));
    case 'connect': {
      const target = targetOf(step, step.args.to, at);
      return number(sys.connect(at.fd(step.args.fd), target));
    }
    case 'accept4':
      return descriptor(sys.accept4(at.fd(step.args.fd), step.args.flags));
    case 'shutdown':
      return number(sys.shutdown(at.fd(step.args.fd), step.args.how));
    case 'setsockopt': {
      const { fd, level, name, value } = step.args;
      return number(sys.setsockopt(at.fd(fd), level, name, value));
    }
    case 'getsockopt':
      return getOption(step, at);
    case 'send':
      return number(sys.send(at.fd(step.args.fd), payloadBytes(step.args), step.args.flags));
    case 'recv':
      return receive(step, at);
    case 'sendto': {
      const fd = at.fd(step.args.fd);
      const target = targetOf(step, step.args.to, at);
      return number(sys.sendto(fd, payloadBytes(step.args), step.args.flags, target));
    }
    case 'getsockname':
      return shownName(sys.getsockname(at.fd(step.args.fd)));
    case 'getpeername':
      return shownName(sys.getpeername(at.fd(step.args.fd)));
    case 'recvfrom':
      return receiveFrom(step, at);
    case 'sendmsg':
      return number(sendMessage(step, at));
    case 'recvmsg':
      return receiveMessage(step, at);
  }
}

const localhost = { family: AF_INET, addr: 0x7f000001 };

const unixAddress = (path: string): sockaddr => ({ family: AF_UNIX, path: sunPath(path, folder) });

/** Of a port and a path one is given. */
const addressGiven = ({ port, path }: StepOf<'bind'>['args']): sockaddr =>
  path === undefined ? { ...localhost, port: port as number } : unixAddress(path);

function targetOf(step: Step, to: Target, at: Surroundings): sockaddr {
  if (to === null) return { family: AF_UNSPEC };
  if (typeof to === 'object' && 'path' in to) return unixAddress(to.path);
  if (typeof to === 'object' && 'port' in to) return { ...localhost, port: to.port };
  const address = at.addressOf(at.fd(to));
  if (address === null) throw noAddress(step);
  return address.family === AF_UNIX ? address : { ...localhost, port: address.port as number };
}

/** Who sent it, as a transcript shows it; undefined where nobody says. */
function sender(address: sockaddr | null | undefined): string | undefined {
  if (address === null || address === undefined) return undefined;
  if (address.family !== AF_UNIX)
    return addressText({ addr: address.addr ?? 0, port: address.port ?? 0 });
  const { path = null } = address;
  return addressText({ path: path?.startsWith(folder) ? path.slice(folder.length) : path });
}

function* shownName(call: Kernel<{ ret: number; addr: sockaddr | null }>): Kernel<Outcome> {
  const { ret, addr } = yield* call;
  return outcome(ret, { ret, address: sender(addr) as string });
}

function* receive(step: StepOf<'recv'>, at: Surroundings): Kernel<Outcome> {
  const buf = new Uint8Array(step.args.len);
  const ret = yield* at.sys.recv(at.fd(step.args.fd), buf, step.args.flags);
  return ret <= 0 ? outcome(ret) : outcome(ret, returnedBytes(ret, buf.subarray(0, ret)));
}

function* receiveFrom(step: StepOf<'recvfrom'>, at: Surroundings): Kernel<Outcome> {
  const buf = new Uint8Array(step.args.len);
  const { ret, addr } = yield* at.sys.recvfrom(at.fd(step.args.fd), buf, step.args.flags);
  if (ret < 0) return outcome(ret);
  const from = sender(addr);
  const shown = returnedBytes(ret, buf.subarray(0, ret));
  return outcome(ret, from === undefined ? shown : { ...shown, from });
}

function sendMessage(step: StepOf<'sendmsg'>, at: Surroundings): Kernel<number> {
  const { flags, to, fds } = step.args;
  const fd = at.fd(step.args.fd);
  const msg: user_msghdr = { msg_iov: [payloadBytes(step.args)] };
  if (to !== undefined) msg.msg_name = targetOf(step, to, at);
  if (fds.length > 0) {
    const data = fds.map((one) => at.fd(one));
    msg.msg_control = [{ level: SOL_SOCKET, type: SCM_RIGHTS, data }];
  }
  return at.sys.sendmsg(fd, msg, flags);
}

/** struct cmsghdr, and the room of a message with `fds` descriptors. */
const cmsgSize = 16;
const controlSize = (fds: number): number =>
  fds === 0 ? 0 : cmsgSize + Math.ceil((4 * fds) / 8) * 8;

function* receiveMessage(step: StepOf<'recvmsg'>, at: Surroundings): Kernel<Outcome> {
  const { fd, len, flags, fds } = step.args;
  const buf = new Uint8Array(len);
  const msg: user_msghdr = {
    msg_name: null,
    msg_iov: [buf],
    msg_control: [],
    msg_controllen: controlSize(fds),
  };
  const ret = yield* at.sys.recvmsg(at.fd(fd), msg, flags);
  if (ret < 0) return outcome(ret);
  const rights = (msg.msg_control ?? []).find(isRights);
  const received = rights === undefined ? undefined : (rights.data as readonly number[]);
  const from = sender(msg.msg_name);
  const result = returnedMessage(ret, buf.subarray(0, ret), {
    ...(received === undefined ? {} : { fds: received }),
    ...(from === undefined ? {} : { from }),
    msg_flags: msg.msg_flags ?? 0,
  });
  return { result, fds: received ?? [] };
}

const isRights = ({ level, type }: cmsghdr): boolean => level === SOL_SOCKET && type === SCM_RIGHTS;

function* getOption(step: StepOf<'getsockopt'>, at: Surroundings): Kernel<Outcome> {
  const { fd, level, name } = step.args;
  const { value, ret } = yield* at.sys.getsockopt(at.fd(fd), level, name);
  const isError = level === SOL_SOCKET && name === SO_ERROR;
  return outcome(ret, isError ? returnedSocketError(ret, value) : returnedValue(ret, value));
}
