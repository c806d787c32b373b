/**
 * Groups of sockets that share a port (SO_REUSEPORT), and which of them a packet is for.
 * Linux: net/core/sock_reuseport.c.
 *
 * Invariants: a group changes under the lock of the table that its members are in.
 * Differs from Linux: no program chooses (SO_ATTACH_REUSEPORT_EBPF), and SO_INCOMING_CPU does not
 * matter. Closed listeners do not stay in a group to hand their requests on.
 */
import { EBUSY } from '../kernel/uapi/errno.ts';
import { type sock, TCP_ESTABLISHED } from './sock.ts';

/** What a member has. */
export interface ReuseportSock extends sock {
  /** Its group, while it is in a table. */
  sk_reuseport_cb: sock_reuseport | null;
}

export class sock_reuseport {
  readonly socks: ReuseportSock[] = [];
  /** A member is connected, or was: a better match may stand outside of the group. */
  has_conns = false;
}

/** A group of one. */
export function reuseport_alloc(sk: ReuseportSock): void {
  if (sk.sk_reuseport_cb !== null) return;
  sk.sk_reuseport_cb = new sock_reuseport();
  sk.sk_reuseport_cb.socks.push(sk);
}

/** Joins the group of `sk2`; 0 or -EBUSY. */
export function reuseport_add_sock(sk: ReuseportSock, sk2: ReuseportSock): number {
  reuseport_alloc(sk2);
  if (sk.sk_reuseport_cb !== null && sk.sk_reuseport_cb.socks.length !== 1) return -EBUSY;
  const reuse = sk2.sk_reuseport_cb as sock_reuseport;
  reuse.socks.push(sk);
  sk.sk_reuseport_cb = reuse;
  return 0;
}

/** Leaves its group: the last member takes its place. */
export function reuseport_detach_sock(sk: ReuseportSock): void {
  const reuse = sk.sk_reuseport_cb;
  if (reuse === null) return;
  sk.sk_reuseport_cb = null;
  const at = reuse.socks.indexOf(sk);
  const last = reuse.socks.pop() as ReuseportSock;
  if (last !== sk) reuse.socks[at] = last;
}

export function reuseport_has_conns_set(sk: ReuseportSock): void {
  if (sk.sk_reuseport_cb !== null) sk.sk_reuseport_cb.has_conns = true;
}

export const reuseport_has_conns = (sk: ReuseportSock): boolean =>
  sk.sk_reuseport_cb?.has_conns === true;

/** The member for packets with this hash, an unsigned 32-bit number; null if all are connected. */
export function reuseport_select_sock(sk: ReuseportSock, hash: number): ReuseportSock | null {
  const reuse = sk.sk_reuseport_cb;
  if (reuse === null) return null;
  const { socks } = reuse;
  const first = Math.floor((hash / 2 ** 32) * socks.length);
  for (let i = 0; i < socks.length; i++) {
    const member = socks[(first + i) % socks.length] as ReuseportSock;
    if (member.sk_state !== TCP_ESTABLISHED) return member;
  }
  return null;
}
