/** The family's entry: what its sockets are made of. Linux: net/unix/af_unix.c (unix_create). */
import type { Kernel } from '../../kernel/op.ts';
import { EPROTONOSUPPORT, ESOCKTNOSUPPORT } from '../../kernel/uapi/errno.ts';
import {
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../kernel/uapi/socket.ts';
import { currentNet } from '../net.ts';
import { sk_set_peek_off, sock_init_data } from '../sock.ts';
import { type proto_ops, sock_no_accept, sock_no_listen, socket } from '../socket.ts';
import { unix_bind, unix_getname } from './bind.ts';
import { unix_accept, unix_listen, unix_socketpair, unix_stream_connect } from './connect.ts';
import { unix_dgram_connect } from './dgram_connect.ts';
import { unix_dgram_recvmsg, unix_seqpacket_recvmsg } from './dgram_recv.ts';
import { unix_dgram_sendmsg, unix_seqpacket_sendmsg } from './dgram_send.ts';
import { unix_dgram_poll, unix_ioctl, unix_poll, unixGoesAtOnce } from './poll.ts';
import { unix_release, unix_shutdown } from './release.ts';
import { unix_show_fdinfo } from './show_fdinfo.ts';
import { unix_stream_recvmsg } from './stream_read.ts';
import { unix_stream_sendmsg } from './stream_send.ts';
import { unix_sock } from './types.ts';

export const unix_stream_ops: proto_ops = {
  family: AF_UNIX,
  name: 'unix stream',
  release: unix_release,
  bind: unix_bind,
  connect: unix_stream_connect,
  socketpair: unix_socketpair,
  accept: unix_accept,
  getname: unix_getname,
  poll: unix_poll,
  ioctl: unix_ioctl,
  listen: unix_listen,
  shutdown: unix_shutdown,
  sendmsg: unix_stream_sendmsg,
  recvmsg: unix_stream_recvmsg,
  set_peek_off: sk_set_peek_off,
  show_fdinfo: unix_show_fdinfo,
  goesAtOnce: unixGoesAtOnce,
};

export const unix_dgram_ops: proto_ops = {
  ...unix_stream_ops,
  name: 'unix dgram',
  connect: unix_dgram_connect,
  accept: sock_no_accept,
  poll: unix_dgram_poll,
  listen: sock_no_listen,
  sendmsg: unix_dgram_sendmsg,
  recvmsg: unix_dgram_recvmsg,
};

export const unix_seqpacket_ops: proto_ops = {
  ...unix_stream_ops,
  name: 'unix seqpacket',
  poll: unix_dgram_poll,
  sendmsg: unix_seqpacket_sendmsg,
  recvmsg: unix_seqpacket_recvmsg,
};

const opsOf = (type: number): proto_ops | null =>
  type === SOCK_STREAM
    ? unix_stream_ops
    : type === SOCK_DGRAM
      ? unix_dgram_ops
      : type === SOCK_SEQPACKET
        ? unix_seqpacket_ops
        : null;

/** A socket without a name or a peer, or -errno. SOCK_RAW is another word for SOCK_DGRAM. */
export function* unix_create(type: number, protocol: number): Kernel<socket | number> {
  if (protocol !== 0 && protocol !== AF_UNIX) return -EPROTONOSUPPORT;
  const ops = opsOf(type === SOCK_RAW ? SOCK_DGRAM : type);
  if (ops === null) return -ESOCKTNOSUPPORT;
  const sock = new socket(type === SOCK_RAW ? SOCK_DGRAM : type, ops);
  sock_init_data(sock, new unix_sock(currentNet(), sock.type));
  return sock;
}
