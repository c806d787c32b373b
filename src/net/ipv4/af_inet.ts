/**
 * Sockets of the internet family, as system calls see them. Linux: net/ipv4/af_inet.c.
 *
 * Differs from Linux: the machine has the addresses of 127.0.0.0/8 and no others; only SOCK_STREAM.
 */

import type { file } from '../../kernel/file.ts';
import { NSEC_PER_SEC } from '../../kernel/hrtimer.ts';
import type { Kernel } from '../../kernel/op.ts';
import type { poll_table } from '../../kernel/poll.ts';
import {
  EACCES,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EINVAL,
  ENOPROTOOPT,
  ENOTCONN,
  EOPNOTSUPP,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from '../../kernel/uapi/errno.ts';
import { INADDR_ANY, IPPROTO_ICMP, IPPROTO_IP, IPPROTO_TCP } from '../../kernel/uapi/in.ts';
import { AF_INET, AF_UNSPEC, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import {
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  sk_set_peek_off,
  type sock,
  sock_graft,
  sock_init_data,
  TCP_CLOSE,
  TCP_LISTEN,
  TCP_SYN_SENT,
} from '../sock.ts';
import { lock_sock, release_sock } from '../sock_lock.ts';
import {
  type msghdr,
  type proto_ops,
  SS_CONNECTED,
  SS_CONNECTING,
  SS_DISCONNECTING,
  SS_UNCONNECTED,
  type sockaddr,
  socket,
} from '../socket.ts';
import { inState, TCPF_CLOSE, TCPF_LISTEN, TCPF_SYN_RECV, TCPF_SYN_SENT } from '../tcp_states.ts';
import { inet_csk_get_port } from './bind_hash.ts';
import { inet_csk_accept, inet_csk_listen_start } from './inet_connection_sock.ts';
import { inet_stream_connect } from './inet_stream_connect.ts';
import { ip_getsockopt, ip_setsockopt } from './ip_sockglue.ts';
import { tcp_close, tcp_disconnect, tcp_init_sock, tcp_ioctl, tcp_shutdown } from './tcp.ts';
import { tcp_getsockopt } from './tcp_getsockopt.ts';
import { ipv4_is_loopback } from './tcp_ipv4.ts';
import { tcp_poll } from './tcp_poll.ts';
import { tcp_set_rcvlowat } from './tcp_rcvlowat.ts';
import { tcp_recvmsg } from './tcp_recvmsg.ts';
import { tcp_sendmsg } from './tcp_sendmsg.ts';
import { SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, tcp_sock } from './tcp_sock.ts';
import { tcp_setsockopt } from './tcp_sockopt.ts';

const IPPROTO_MAX = 263;

const tcpOf = (sock: socket): tcp_sock => sock.sk as tcp_sock;

/** Makes a socket; or -errno for a type or protocol that does not exist. */
export function* inet_create(type: number, protocol: number): Kernel<socket | number> {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  if (type !== SOCK_STREAM) {
    // No group may use ping sockets (net.ipv4.ping_group_range).
    if (type === SOCK_DGRAM && protocol === IPPROTO_ICMP) return -EACCES;
    return type === SOCK_DGRAM || type === SOCK_RAW ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
  }
  if (protocol !== IPPROTO_IP && protocol !== IPPROTO_TCP) return -EPROTONOSUPPORT;
  const sock = new socket(type, inet_stream_ops);
  const sk = new tcp_sock();
  sock_init_data(sock, sk);
  tcp_init_sock(sk);
  return sock;
}

function* inet_release(sock: socket): Kernel<void> {
  const sk = sock.sk as tcp_sock | null;
  if (sk === null) return; // accept() found nothing to put into it.
  yield* tcp_close(sk, sk.sk_linger ? sk.sk_lingertime * NSEC_PER_SEC : 0);
  sock.sk = null;
}

function* inet_bind(sock: socket, addr: sockaddr): Kernel<number> {
  const sk = tcpOf(sock);
  const s_addr = addr.addr ?? INADDR_ANY;
  if (addr.family !== AF_INET && (addr.family !== AF_UNSPEC || s_addr !== INADDR_ANY)) {
    return -EAFNOSUPPORT;
  }
  if (s_addr !== INADDR_ANY && !ipv4_is_loopback(s_addr)) return -EADDRNOTAVAIL;
  const snum = addr.port ?? 0;
  yield* lock_sock(sk);
  let err = sk.sk_state !== TCP_CLOSE || sk.sk_num !== 0 ? -EINVAL : 0;
  if (err === 0) {
    sk.inet_rcv_saddr = sk.inet_saddr = s_addr;
    err = yield* inet_csk_get_port(sk, snum);
    if (err !== 0) {
      sk.inet_rcv_saddr = sk.inet_saddr = INADDR_ANY;
    } else {
      if (s_addr !== INADDR_ANY) sk.sk_userlocks |= SOCK_BINDADDR_LOCK;
      if (snum !== 0) sk.sk_userlocks |= SOCK_BINDPORT_LOCK;
      sk.inet_sport = sk.sk_num;
      sk.inet_daddr = 0;
      sk.inet_dport = 0;
    }
  }
  yield* release_sock(sk);
  return err;
}

/** Starts to listen, or changes the backlog of a listener; 0 or -errno. */
function* inet_listen(sock: socket, backlog: number): Kernel<number> {
  const sk = tcpOf(sock);
  let err = 0;
  yield* lock_sock(sk);
  if (sock.state !== SS_UNCONNECTED || !inState(sk, TCPF_CLOSE | TCPF_LISTEN)) {
    err = -EINVAL;
  } else {
    sk.sk_max_ack_backlog = backlog;
    if (sk.sk_state !== TCP_LISTEN) err = yield* inet_csk_listen_start(sk);
  }
  yield* release_sock(sk);
  return err;
}

function* inet_accept(sock: socket, newsock: socket, flags: number): Kernel<number> {
  const sk2 = yield* inet_csk_accept(tcpOf(sock), flags);
  if (typeof sk2 === 'number') return sk2;
  yield* lock_sock(sk2);
  sock_graft(sk2, newsock);
  newsock.state = SS_CONNECTED;
  yield* release_sock(sk2);
  return 0;
}

function* inet_getname(sock: socket, peer: boolean): Kernel<sockaddr | number> {
  const sk = tcpOf(sock);
  yield* lock_sock(sk);
  const gone = sk.inet_dport === 0 || inState(sk, TCPF_CLOSE | TCPF_SYN_SENT);
  const addr = peer ? sk.inet_daddr : sk.inet_rcv_saddr || sk.inet_saddr;
  const port = peer ? sk.inet_dport : sk.inet_sport;
  yield* release_sock(sk);
  return peer && gone ? -ENOTCONN : { family: AF_INET, addr, port };
}

function* inet_sendmsg(sock: socket, msg: msghdr): Kernel<number> {
  return yield* tcp_sendmsg(tcpOf(sock), msg);
}

const inet_recvmsg = (sock: socket, msg: msghdr, flags: number): Kernel<number> =>
  tcp_recvmsg(tcpOf(sock), msg, flags);

/** Shuts directions down; 0 or -errno. A listener stops to listen, a call in progress is given up. */
function* inet_shutdown(sock: socket, how: number): Kernel<number> {
  const sk = tcpOf(sock);
  const bits = (how + 1) | 0;
  if ((bits & ~SHUTDOWN_MASK) !== 0 || bits === 0) return -EINVAL;
  yield* lock_sock(sk);
  if (sock.state === SS_CONNECTING) {
    const failed = inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE);
    sock.state = failed ? SS_DISCONNECTING : SS_CONNECTED;
  }
  let err = 0;
  const { sk_state } = sk;
  if (sk_state === TCP_SYN_SENT || (sk_state === TCP_LISTEN && (bits & RCV_SHUTDOWN) !== 0)) {
    err = yield* tcp_disconnect(sk);
    sock.state = err !== 0 ? SS_DISCONNECTING : SS_UNCONNECTED;
  } else if (sk_state !== TCP_LISTEN) {
    if (sk_state === TCP_CLOSE) err = -ENOTCONN;
    sk.sk_shutdown |= bits;
    yield* tcp_shutdown(sk, bits);
  }
  yield* sk.sk_state_change();
  yield* release_sock(sk);
  return err;
}

const inet_ioctl = (sock: socket, cmd: number, arg: { value: number }): Kernel<number> =>
  tcp_ioctl(tcpOf(sock), cmd, arg);

function* sock_common_setsockopt(
  sock: socket,
  level: number,
  optname: number,
  value: number,
): Kernel<number> {
  if (level === IPPROTO_TCP) return yield* tcp_setsockopt(tcpOf(sock), optname, value);
  return level === IPPROTO_IP ? yield* ip_setsockopt(tcpOf(sock), optname, value) : -ENOPROTOOPT;
}

function* sock_common_getsockopt(
  sock: socket,
  level: number,
  optname: number,
  out: { value: number },
): Kernel<number> {
  if (level === IPPROTO_TCP) return tcp_getsockopt(tcpOf(sock), optname, out);
  return level === IPPROTO_IP ? ip_getsockopt(tcpOf(sock), optname, out) : -EOPNOTSUPP;
}

export const inet_stream_ops: proto_ops = {
  family: AF_INET,
  name: 'TCP',
  release: inet_release,
  bind: inet_bind,
  connect: inet_stream_connect,
  accept: inet_accept,
  getname: inet_getname,
  poll: (f: file, sock: socket, wait: poll_table): Kernel<number> => tcp_poll(f, sock, wait),
  ioctl: inet_ioctl,
  listen: inet_listen,
  shutdown: inet_shutdown,
  setsockopt: sock_common_setsockopt,
  getsockopt: sock_common_getsockopt,
  set_peek_off: sk_set_peek_off,
  set_rcvlowat: (sk: sock, val: number): Kernel<number> => tcp_set_rcvlowat(sk as tcp_sock, val),
  sendmsg: inet_sendmsg,
  recvmsg: inet_recvmsg,
};
