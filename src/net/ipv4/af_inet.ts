/**
 * Sockets of the internet family, as system calls see them. Linux: net/ipv4/af_inet.c.
 *
 * Differs from Linux: of streams there is TCP, of datagrams UDP and UDP-Lite; sockets of SOCK_RAW
 * are refused, for want of the capability.
 */
import { current } from '../../kernel/current.ts';
import { NSEC_PER_SEC } from '../../kernel/hrtimer.ts';
import type { Kernel } from '../../kernel/op.ts';
import { PF_EXITING } from '../../kernel/sched.ts';
import {
  EACCES,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EINVAL,
  ENOTCONN,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from '../../kernel/uapi/errno.ts';
import {
  INADDR_ANY,
  IPPROTO_ICMP,
  IPPROTO_IP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../kernel/uapi/in.ts';
import { AF_INET, AF_UNSPEC, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import { CAP_NET_RAW, capable } from '../../kernel/user.ts';
import { currentNet } from '../net.ts';
import {
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  sk_set_peek_off,
  type sock,
  sock_graft,
  sock_init_data,
  sock_net,
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
  sock_no_accept,
  sock_no_listen,
  type sockaddr,
  socket,
} from '../socket.ts';
import { inState, TCPF_CLOSE, TCPF_LISTEN, TCPF_SYN_RECV, TCPF_SYN_SENT } from '../tcp_states.ts';
import { inet_csk_accept, inet_csk_listen_start } from './inet_connection_sock.ts';
import { type inet_sock, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK } from './inet_sock.ts';
import { inet_stream_connect } from './inet_stream_connect.ts';
import { TFO_SERVER_ENABLE, TFO_SERVER_WO_SOCKOPT1 } from './netns.ts';
import { inet_addr_type, RTN_BROADCAST, RTN_MULTICAST, RTN_UNICAST } from './route.ts';
import { tcp_init_sock } from './tcp.ts';
import { fastopen_queue_tune } from './tcp_fastopen.ts';
import { tcp_poll, tcpGoesAtOnce } from './tcp_poll.ts';
import { tcp_set_rcvlowat } from './tcp_rcvlowat.ts';
import { tcp_sock } from './tcp_sock.ts';
import { udp_connect } from './udp.ts';
import { udp_poll } from './udp_poll.ts';
import { udp_sock } from './udp_sock.ts';

const IPPROTO_MAX = 263;

export const inet_sk = (sock: socket): inet_sock => sock.sk as inet_sock;

/** Makes a socket; or -errno for a type or protocol that does not exist. */
export function* inet_create(type: number, protocol: number): Kernel<socket | number> {
  if (protocol < 0 || protocol >= IPPROTO_MAX) return -EINVAL;
  switch (type) {
    case SOCK_STREAM: {
      if (protocol !== IPPROTO_IP && protocol !== IPPROTO_TCP) return -EPROTONOSUPPORT;
      const sock = new socket(type, inet_stream_ops);
      const sk = new tcp_sock(currentNet());
      sock_init_data(sock, sk);
      tcp_init_sock(sk);
      return sock;
    }
    case SOCK_DGRAM: {
      // No group may use ping sockets (net.ipv4.ping_group_range).
      if (protocol === IPPROTO_ICMP) return -EACCES;
      const proto = protocol === IPPROTO_IP ? IPPROTO_UDP : protocol;
      if (proto !== IPPROTO_UDP && proto !== IPPROTO_UDPLITE) return -EPROTONOSUPPORT;
      const sock = new socket(type, inet_dgram_ops);
      sock_init_data(sock, new udp_sock(currentNet(), proto));
      return sock;
    }
    case SOCK_RAW:
      return protocol !== IPPROTO_IP && !capable(CAP_NET_RAW) ? -EPERM : -EPROTONOSUPPORT;
    default:
      return -ESOCKTNOSUPPORT;
  }
}

function* inet_release(sock: socket): Kernel<void> {
  const sk = sock.sk as inet_sock | null;
  if (sk === null) return; // accept() found nothing to put into it.
  const lingers = sk.sk_linger && (current.flags & PF_EXITING) === 0;
  yield* sk.sk_prot.close(sk, lingers ? sk.sk_lingertime * NSEC_PER_SEC : 0);
  sock.sk = null;
}

function* inet_bind(sock: socket, addr: sockaddr): Kernel<number> {
  const sk = inet_sk(sock);
  const s_addr = addr.addr ?? INADDR_ANY;
  if (addr.family !== AF_INET && (addr.family !== AF_UNSPEC || s_addr !== INADDR_ANY)) {
    return -EAFNOSUPPORT;
  }
  const type = inet_addr_type(sock_net(sk), s_addr);
  if (type === RTN_UNICAST) return -EADDRNOTAVAIL;
  yield* lock_sock(sk);
  const err = yield* __inet_bind(sk, s_addr, type, addr.port ?? 0);
  yield* release_sock(sk);
  return err;
}

/** Called by the owner. */
function* __inet_bind(sk: inet_sock, addr: number, type: number, snum: number): Kernel<number> {
  if (sk.sk_state !== TCP_CLOSE || sk.sk_num !== 0) return -EINVAL;
  sk.inet_rcv_saddr = sk.inet_saddr = addr;
  // What comes to a group or to everybody is not sent from there.
  if (type === RTN_MULTICAST || type === RTN_BROADCAST) sk.inet_saddr = INADDR_ANY;
  const err = yield* sk.sk_prot.get_port(sk, snum);
  if (err !== 0) {
    sk.inet_rcv_saddr = sk.inet_saddr = INADDR_ANY;
    return err;
  }
  if (addr !== INADDR_ANY) sk.sk_userlocks |= SOCK_BINDADDR_LOCK;
  if (snum !== 0) sk.sk_userlocks |= SOCK_BINDPORT_LOCK;
  sk.inet_sport = sk.sk_num;
  sk.inet_daddr = 0;
  sk.inet_dport = 0;
  return 0;
}

/** Gives a socket that has no port one that is free; 0 or -EAGAIN. */
export function* inet_autobind(sk: inet_sock): Kernel<number> {
  let err = 0;
  yield* lock_sock(sk);
  if (sk.sk_num === 0) {
    if ((yield* sk.sk_prot.get_port(sk, 0)) !== 0) err = -EAGAIN;
    else sk.inet_sport = sk.sk_num;
  }
  yield* release_sock(sk);
  return err;
}

/** Starts to listen, or changes the backlog of a listener; 0 or -errno. */
function* inet_listen(sock: socket, backlog: number): Kernel<number> {
  const sk = sock.sk as tcp_sock;
  let err = 0;
  yield* lock_sock(sk);
  if (sock.state !== SS_UNCONNECTED || !inState(sk, TCPF_CLOSE | TCPF_LISTEN)) {
    err = -EINVAL;
  } else {
    sk.sk_max_ack_backlog = backlog;
    if (sk.sk_state !== TCP_LISTEN) {
      const { sysctl_tcp_fastopen } = sock_net(sk).ipv4;
      const always = TFO_SERVER_WO_SOCKOPT1 | TFO_SERVER_ENABLE;
      const untuned = sk.icsk_accept_queue.fastopenq.max_qlen === 0;
      if ((sysctl_tcp_fastopen & always) === always && untuned) fastopen_queue_tune(sk, backlog);
      err = yield* inet_csk_listen_start(sk);
    }
  }
  yield* release_sock(sk);
  return err;
}

function* inet_accept(sock: socket, newsock: socket, flags: number): Kernel<number> {
  const sk2 = yield* inet_csk_accept(sock.sk as tcp_sock, flags);
  if (typeof sk2 === 'number') return sk2;
  yield* lock_sock(sk2);
  sock_graft(sk2, newsock);
  newsock.state = SS_CONNECTED;
  yield* release_sock(sk2);
  return 0;
}

function* inet_getname(sock: socket, peer: boolean): Kernel<sockaddr | number> {
  const sk = inet_sk(sock);
  yield* lock_sock(sk);
  const gone = sk.inet_dport === 0 || inState(sk, TCPF_CLOSE | TCPF_SYN_SENT);
  const addr = peer ? sk.inet_daddr : sk.inet_rcv_saddr || sk.inet_saddr;
  const port = peer ? sk.inet_dport : sk.inet_sport;
  yield* release_sock(sk);
  return peer && gone ? -ENOTCONN : { family: AF_INET, addr, port };
}

function* inet_sendmsg(sock: socket, msg: msghdr): Kernel<number> {
  const sk = inet_sk(sock);
  const { sk_prot } = sk;
  if (!sk_prot.no_autobind && sk.sk_num === 0 && (yield* inet_autobind(sk)) !== 0) return -EAGAIN;
  return yield* sk_prot.sendmsg(sk, msg);
}

function inet_recvmsg(sock: socket, msg: msghdr, flags: number): Kernel<number> {
  const sk = inet_sk(sock);
  return sk.sk_prot.recvmsg(sk, msg, flags);
}

/** Chooses the peer of a datagram socket, any time anew; AF_UNSPEC for none. 0 or -errno. */
function* inet_dgram_connect(sock: socket, uaddr: sockaddr): Kernel<number> {
  const sk = inet_sk(sock) as udp_sock;
  if (uaddr.family === AF_UNSPEC) return yield* sk.sk_prot.disconnect(sk);
  if (sk.sk_num === 0 && (yield* inet_autobind(sk)) !== 0) return -EAGAIN;
  return yield* udp_connect(sk, uaddr);
}

/** Shuts directions down; 0 or -errno. A listener stops to listen, a call in progress is given up. */
function* inet_shutdown(sock: socket, how: number): Kernel<number> {
  const sk = inet_sk(sock);
  const bits = (how + 1) | 0;
  if ((bits & ~SHUTDOWN_MASK) !== 0 || bits === 0) return -EINVAL;
  yield* lock_sock(sk);
  if (sock.state === SS_CONNECTING) {
    const failed = inState(sk, TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE);
    sock.state = failed ? SS_DISCONNECTING : SS_CONNECTED;
  }
  let err = 0;
  const { sk_prot, sk_state } = sk;
  if (sk_state === TCP_SYN_SENT || (sk_state === TCP_LISTEN && (bits & RCV_SHUTDOWN) !== 0)) {
    err = yield* sk_prot.disconnect(sk);
    sock.state = err !== 0 ? SS_DISCONNECTING : SS_UNCONNECTED;
  } else if (sk_state !== TCP_LISTEN) {
    if (sk_state === TCP_CLOSE) err = -ENOTCONN;
    sk.sk_shutdown |= bits;
    if (sk_prot.shutdown !== undefined) yield* sk_prot.shutdown(sk, bits);
  }
  yield* sk.sk_state_change();
  yield* release_sock(sk);
  return err;
}

function inet_ioctl(sock: socket, cmd: number, arg: { value: number }): Kernel<number> {
  const sk = inet_sk(sock);
  return sk.sk_prot.ioctl(sk, cmd, arg);
}

function sock_common_setsockopt(
  sock: socket,
  level: number,
  optname: number,
  value: number,
): Kernel<number> {
  const sk = inet_sk(sock);
  return sk.sk_prot.setsockopt(sk, level, optname, value);
}

function sock_common_getsockopt(
  sock: socket,
  level: number,
  optname: number,
  out: { value: number },
): Kernel<number> {
  const sk = inet_sk(sock);
  return sk.sk_prot.getsockopt(sk, level, optname, out);
}

export const inet_stream_ops: proto_ops = {
  family: AF_INET,
  name: 'TCP',
  release: inet_release,
  bind: inet_bind,
  connect: inet_stream_connect,
  accept: inet_accept,
  getname: inet_getname,
  poll: tcp_poll,
  ioctl: inet_ioctl,
  listen: inet_listen,
  shutdown: inet_shutdown,
  setsockopt: sock_common_setsockopt,
  getsockopt: sock_common_getsockopt,
  set_peek_off: sk_set_peek_off,
  set_rcvlowat: (sk: sock, val: number): Kernel<number> => tcp_set_rcvlowat(sk as tcp_sock, val),
  sendmsg: inet_sendmsg,
  recvmsg: inet_recvmsg,
  goesAtOnce: tcpGoesAtOnce,
};

export const inet_dgram_ops: proto_ops = {
  family: AF_INET,
  name: 'UDP',
  release: inet_release,
  bind: inet_bind,
  connect: inet_dgram_connect,
  accept: sock_no_accept,
  getname: inet_getname,
  poll: udp_poll,
  ioctl: inet_ioctl,
  listen: sock_no_listen,
  shutdown: inet_shutdown,
  setsockopt: sock_common_setsockopt,
  getsockopt: sock_common_getsockopt,
  set_peek_off: sk_set_peek_off,
  sendmsg: inet_sendmsg,
  recvmsg: inet_recvmsg,
};
