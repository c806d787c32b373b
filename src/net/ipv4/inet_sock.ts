/**
 * A socket of the internet family: its addresses, and what its protocol does with the calls.
 * Linux: include/net/inet_sock.h, include/net/sock.h (struct proto).
 *
 * Invariants: everything is under sk_lock, see sock_lock.ts; connect() and bind() change addresses.
 */
import type { Kernel } from '../../kernel/op.ts';
import type { sk_buff } from '../skbuff.ts';
import { sock } from '../sock.ts';
import { Backlog, type LockedSock, lock_sock, release_sock, socket_lock_t } from '../sock_lock.ts';
import type { msghdr } from '../socket.ts';

export const SOCK_BINDADDR_LOCK = 4;
export const SOCK_BINDPORT_LOCK = 8;
export const SOCK_CONNECT_BIND = 16;

/** What a protocol does with the calls. One that is absent is nothing to it. */
export interface proto {
  readonly name: string;
  /** No port is looked for where a socket without one connects or sends. */
  readonly no_autobind: boolean;
  /** The file is gone. `timeout`: how long to linger, in ns. */
  close(sk: inet_sock, timeout: number): Kernel<void>;
  /** Gives the peer up; 0 or -errno. */
  disconnect(sk: inet_sock): Kernel<number>;
  /** Some directions, RCV_SHUTDOWN and SEND_SHUTDOWN, are over. */
  shutdown?(sk: inet_sock, how: number): Kernel<void>;
  ioctl(sk: inet_sock, cmd: number, arg: { value: number }): Kernel<number>;
  setsockopt(sk: inet_sock, level: number, optname: number, value: number): Kernel<number>;
  getsockopt(sk: inet_sock, level: number, optname: number, out: { value: number }): Kernel<number>;
  sendmsg(sk: inet_sock, msg: msghdr): Kernel<number>;
  recvmsg(sk: inet_sock, msg: msghdr, flags: number): Kernel<number>;
  /** Binds to a port, 0 for any that is free; 0 or -errno. */
  get_port(sk: inet_sock, snum: number): Kernel<number>;
}

export abstract class inet_sock extends sock implements LockedSock {
  readonly sk_lock: socket_lock_t = new socket_lock_t('slock-AF_INET', this);
  readonly sk_backlog: Backlog = new Backlog();
  sk_disconnects = 0;
  /** Ports in host order; `sk_num` is inet_num, 0 once the port is given back. */
  inet_sport = 0;
  inet_dport = 0;
  /** Source of what is sent. */
  inet_saddr = 0;
  /** What the socket is bound to; packets to other addresses are not for it. */
  inet_rcv_saddr = 0;
  inet_daddr = 0;

  // Ours:
  /** It is in the table of connections or of listeners. */
  hashed = false;
  /** Options of IPPROTO_IP that were set, by number; see ip_sockglue.ts. */
  ip_options: Map<number, number> | null = null;

  abstract get sk_prot(): proto;
  /** Ours: does it know the way to its peer (sk_dst_cache)? */
  abstract hasRoute(): boolean;
  abstract sk_backlog_rcv(skb: sk_buff): Kernel<void>;
  abstract release_cb(): Kernel<void>;

  override sockopt_lock_sock(): Kernel<void> {
    return lock_sock(this);
  }
  override sockopt_release_sock(): Kernel<void> {
    return release_sock(this);
  }
}
