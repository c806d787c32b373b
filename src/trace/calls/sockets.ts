/**
 * The arguments of the calls on sockets. See parameters.ts.
 */

import { IPPROTO_TCP } from '../../kernel/uapi/in.ts';
import {
  addressFamilyNames,
  ipProtocolNames,
  msgFlagNames,
  shutdownHowNames,
  socketOptionNames,
  socketTypeNames,
  tcpOptionNames,
} from '../../kernel/uapi/names.ts';
import {
  AF_INET,
  AF_INET6,
  SO_ERROR,
  SO_LINGER,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_TYPE_MASK,
  SOL_SOCKET,
} from '../../kernel/uapi/socket.ts';
import type { OptionPointer } from '../../net/getsockopt.ts';
import type { OptionValue } from '../../net/sockopt.ts';
import {
  always,
  arg,
  flags,
  number,
  oneOf,
  out,
  type Parameter,
  pairOf,
  pointer,
  received,
  type Show,
  type ShownCall,
  sent,
} from './parameters.ts';
import * as words from './words.ts';

const socketType = arg<number>(1, (word) => {
  const type = words.valueWord(socketTypeNames, word & SOCK_TYPE_MASK, 'SOCK');
  const rest = word & ~SOCK_TYPE_MASK;
  return rest === 0 ? type : `${type}|${words.flagWords(words.socketWords, rest, 'SOCK')}`;
});
const protocol = arg<number>(2, (value, { args }) =>
  args[0] === AF_INET || args[0] === AF_INET6
    ? words.valueWord(ipProtocolNames, value, 'IPPROTO')
    : String(value),
);
const family = oneOf(0, addressFamilyNames, 'AF');
const address = (index: number): Parameter => pointer<words.AddressValue>(index, words.addressText);
const addressLength = (index: number): Parameter =>
  arg<words.AddressValue | null | undefined>(index, (value) =>
    value == null ? '0' : String(words.addressLength(value)),
  );
/** An address that the call fills in, and the room there is for it. */
const peerName = (index: number, room: Show<words.AddressValue>): readonly Parameter[] => [
  out<{ addr: words.AddressValue | null }>(index, ({ addr }) =>
    addr === null ? 'NULL' : words.addressText(addr),
  ),
  out<{ addr: words.AddressValue | null }>(index, ({ addr }, call) =>
    addr === null ? 'NULL' : room(addr, call),
  ),
];

const levels: readonly (readonly [string, number])[] = [
  ['SOL_IP', 0],
  ['SOL_SOCKET', SOL_SOCKET],
  ['SOL_TCP', IPPROTO_TCP],
  ['SOL_UDP', 17],
  ['SOL_IPV6', 41],
];
const level = oneOf(1, levels, 'SOL');
const optionName = arg<number>(2, (name, { args }) =>
  args[1] === IPPROTO_TCP
    ? words.valueWord(tcpOptionNames, name, 'TCP')
    : words.valueWord(socketOptionNames, name, 'SO'),
);
const isLinger = ({ args }: ShownCall): boolean => args[1] === SOL_SOCKET && args[2] === SO_LINGER;
const isError = ({ args }: ShownCall): boolean => args[1] === SOL_SOCKET && args[2] === SO_ERROR;
const isTimeout = ({ args }: ShownCall): boolean =>
  args[1] === SOL_SOCKET && (args[2] === SO_RCVTIMEO || args[2] === SO_SNDTIMEO);
function optionText(option: OptionValue, call: ShownCall): string {
  if (typeof option !== 'number') return `{tv_sec=${option.tv_sec}, tv_usec=${option.tv_usec}}`;
  const value = option;
  if (isError(call)) return `[${words.socketErrorText(value)}]`;
  if (!isLinger(call)) return `[${value}]`;
  return `{l_onoff=${value < 0 ? 0 : 1}, l_linger=${Math.max(value, 0)}}`;
}
const optionSize = (call: ShownCall): string =>
  isLinger(call) ? '8' : isTimeout(call) && typeof call.args[3] !== 'number' ? '16' : '4';

export const socketSignatures: Readonly<Record<string, readonly Parameter[]>> = {
  socket: [family, socketType, protocol],
  socketpair: [family, socketType, number(2), pairOf(3)],
  bind: [number(0), address(1), addressLength(1)],
  connect: [number(0), address(1), addressLength(1)],
  listen: [number(0), number(1)],
  accept4: [number(0), always('NULL'), always('NULL'), flags(1, words.socketWords, 'SOCK')],
  getsockname: [number(0), ...peerName(1, (addr) => `[${words.addressLength(addr)}]`)],
  getpeername: [number(0), ...peerName(1, (addr) => `[${words.addressLength(addr)}]`)],
  shutdown: [number(0), oneOf(1, shutdownHowNames, 'SHUT')],
  sendto: [number(0), sent, number(2), flags(3, msgFlagNames, 'MSG'), address(4), addressLength(4)],
  recvfrom: [
    number(0),
    received,
    number(2),
    flags(3, msgFlagNames, 'MSG'),
    ...peerName(4, (addr) => `[128 => ${words.addressLength(addr)}]`),
  ],
  setsockopt: [
    number(0),
    level,
    optionName,
    arg<OptionValue>(3, optionText),
    { out: false, show: optionSize },
  ],
  getsockopt: [
    number(0),
    level,
    optionName,
    out<OptionPointer>(3, ({ value, timeval }, call) => optionText(timeval ?? value, call)),
    { out: false, show: (call) => `[${optionSize(call)}]` },
  ],
};
