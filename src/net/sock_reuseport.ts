/**
 * Groups of sockets that share a port (SO_REUSEPORT), and which of them a packet is for.
 * Linux: net/core/sock_reuseport.c.
 *
 * Invariants: a group changes under the lock of the table that its members are in.
 * Differs from Linux: no program chooses (SO_ATTACH_REUSEPORT_EBPF). Closed listeners do not stay in
 * a group to hand their requests on (tcp_migrate_req).
 */
import { current } from '../kernel/current.ts';
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
  /** How many members name a CPU. */
  incoming_cpu = 0;
}

function __reuseport_add_sock(sk: ReuseportSock, reuse: sock_reuseport): void {
  reuse.socks.push(sk);
  if (sk.sk_incoming_cpu >= 0) reuse.incoming_cpu++;
  sk.sk_reuseport_cb = reuse;
}

/** SO_INCOMING_CPU: the CPU whose packets the member is for, negative for any. */
export function reuseport_update_incoming_cpu(sk: sock, val: number): void {
  const reuse = (sk as Partial<ReuseportSock>).sk_reuseport_cb ?? null;
  if (reuse !== null) reuse.incoming_cpu += Number(val >= 0) - Number(sk.sk_incoming_cpu >= 0);
  sk.sk_incoming_cpu = val;
}

/** A group of one. */
export function reuseport_alloc(sk: ReuseportSock): void {
  if (sk.sk_reuseport_cb !== null) return;
  __reuseport_add_sock(sk, new sock_reuseport());
}

/** Joins the group of `sk2`; 0 or -EBUSY. */
export function reuseport_add_sock(sk: ReuseportSock, sk2: ReuseportSock): number {
  reuseport_alloc(sk2);
  if (sk.sk_reuseport_cb !== null && sk.sk_reuseport_cb.socks.length !== 1) return -EBUSY;
  __reuseport_add_sock(sk, sk2.sk_reuseport_cb as sock_reuseport);
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
  if (sk.sk_incoming_cpu >= 0) reuse.incoming_cpu--;
}

export function reuseport_has_conns_set(sk: ReuseportSock): void {
  if (sk.sk_reuseport_cb !== null) sk.sk_reuseport_cb.has_conns = true;
}

export const reuseport_has_conns = (sk: ReuseportSock): boolean =>
  sk.sk_reuseport_cb?.has_conns === true;

/**
 * The member for packets with this hash, an unsigned 32-bit number: rather one that names this CPU;
 * null if all are connected.
 */
export function reuseport_select_sock(sk: ReuseportSock, hash: number): ReuseportSock | null {
  const reuse = sk.sk_reuseport_cb;
  if (reuse === null) return null;
  const { socks } = reuse;
  const first = Math.floor((hash / 2 ** 32) * socks.length);
  let first_valid_sk: ReuseportSock | null = null;
  for (let i = 0; i < socks.length; i++) {
    const member = socks[(first + i) % socks.length] as ReuseportSock;
    if (member.sk_state === TCP_ESTABLISHED) continue;
    if (reuse.incoming_cpu === 0 || member.sk_incoming_cpu === current.cpu) return member;
    first_valid_sk ??= member;
  }
  return first_valid_sk;
}
