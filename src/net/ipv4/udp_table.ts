/**
 * UDP's ports: who is bound to which, and whom a datagram is for. Linux: net/ipv4/udp.c.
 *
 * A socket stands in up to three tables: by port, by address and port, and once it is connected by
 * both ends. The newest stands first in each.
 *
 * Invariants: the tables change under `lock`; lookups take no lock (RCU).
 * Differs from Linux: one lock instead of one a hash chain; free ports are taken in order instead of
 * at random.
 */

import { current } from '../../kernel/current.ts';
import { newIdentity } from '../../kernel/footprint.ts';
import { type Kernel, type Named, Op } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { traceNote } from '../../kernel/trace.ts';
import { EADDRINUSE } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY, IPPROTO_UDPLITE } from '../../kernel/uapi/in.ts';
import { sock_net, TCP_ESTABLISHED } from '../sock.ts';
import {
  reuseport_add_sock,
  reuseport_alloc,
  reuseport_detach_sock,
  reuseport_has_conns,
  reuseport_select_sock,
} from '../sock_reuseport.ts';
import { __inet_ehashfn } from './ehashfn.ts';
import { ip_local_port_range } from './netns.ts';
import type { udp_sock } from './udp_sock.ts';

export class udp_table implements Named {
  readonly name = 'udp_table';
  readonly identity: number = newIdentity();
  readonly lock: spinlock_t = new spinlock_t('udp_hslot.lock', this);
  /** By port; by address and port; by both ends. */
  readonly hash: Map<number, udp_sock[]> = new Map();
  readonly hash2: Map<number, udp_sock[]> = new Map();
  readonly hash4: Map<string, udp_sock[]> = new Map();

  // Ours:
  readonly look: Op = new Op('access', this);
  /** How far the search for a free port has come. */
  offset = 0;
}

const udp_get_table_prot = (sk: udp_sock): udp_table =>
  sk.sk_protocol === IPPROTO_UDPLITE
    ? sock_net(sk).ipv4.udplite_table
    : sock_net(sk).ipv4.udp_table;

function addHead<K>(table: Map<K, udp_sock[]>, key: K, sk: udp_sock): void {
  const chain = table.get(key);
  if (chain === undefined) table.set(key, [sk]);
  else chain.unshift(sk);
}

function remove<K>(table: Map<K, udp_sock[]>, key: K, sk: udp_sock): void {
  const chain = table.get(key) as udp_sock[];
  chain.splice(chain.indexOf(sk), 1);
  if (chain.length === 0) table.delete(key);
}

const none: readonly udp_sock[] = [];

const ipv4_portaddr_hash = (addr: number, port: number): number => addr * 65_536 + port;

const fourOf = (laddr: number, lport: number, raddr: number, rport: number): string =>
  `${laddr} ${lport} ${raddr} ${rport}`;

const connectionOf = (sk: udp_sock): string =>
  fourOf(sk.inet_rcv_saddr, sk.sk_num, sk.inet_daddr, sk.inet_dport);

/** Could datagrams for the one be for the other? */
const inet_rcv_saddr_equal = (sk: udp_sock, sk2: udp_sock): boolean =>
  sk.inet_rcv_saddr === sk2.inet_rcv_saddr ||
  sk.inet_rcv_saddr === INADDR_ANY ||
  sk2.inet_rcv_saddr === INADDR_ANY;

/**
 * May `sk` not use the port? The first that it would have to share with decides, unless `all` have to
 * agree, as where nobody asked for the port by number.
 */
function udp_lib_lport_inuse(table: udp_table, num: number, sk: udp_sock, all: boolean): boolean {
  for (const sk2 of table.hash.get(num) ?? none) {
    if (sk2 === sk || (sk2.sk_reuse && sk.sk_reuse) || !inet_rcv_saddr_equal(sk, sk2)) continue;
    if (!sk2.sk_reuseport || !sk.sk_reuseport || sk.sk_reuseport_cb !== null) return true;
    if (!all) return false;
  }
  return false;
}

/** Joins those that share the port and the address, or begins a group; 0 or -errno. */
function udp_reuseport_add_sock(table: udp_table, sk: udp_sock): number {
  for (const sk2 of table.hash.get(sk.udp_port_hash) ?? none) {
    if (sk2 === sk || !sk2.sk_reuseport || sk2.inet_rcv_saddr !== sk.inet_rcv_saddr) continue;
    return reuseport_add_sock(sk, sk2);
  }
  reuseport_alloc(sk);
  return 0;
}

/** The next port that is free, or 0. */
function findFree(table: udp_table, sk: udp_sock): number {
  const [low, high] = ip_local_port_range;
  const count = high + 1 - low;
  for (let tried = 0; tried < count; tried++) {
    const port = low + ((table.offset + tried) % count);
    if (udp_lib_lport_inuse(table, port, sk, true)) continue;
    table.offset = port + 1 - low;
    return port;
  }
  return 0;
}

/** Called with the table's lock held. */
function getPort(table: udp_table, sk: udp_sock, snum: number): number {
  const num = snum === 0 ? findFree(table, sk) : snum;
  if (num === 0 || (snum !== 0 && udp_lib_lport_inuse(table, snum, sk, false))) {
    traceNote('udp_lib_get_port: the port is taken', sk);
    return -EADDRINUSE;
  }
  sk.sk_num = num;
  sk.udp_port_hash = num;
  if (sk.hashed) return 0;
  if (sk.sk_reuseport && udp_reuseport_add_sock(table, sk) !== 0) {
    sk.sk_num = 0;
    sk.udp_port_hash = 0;
    return -EADDRINUSE;
  }
  sk.SOCK_RCU_FREE = true;
  sk.hashed = true;
  addHead(table.hash, num, sk);
  sk.udp_portaddr_hash = ipv4_portaddr_hash(sk.inet_rcv_saddr, num);
  addHead(table.hash2, sk.udp_portaddr_hash, sk);
  return 0;
}

/** Binds to a port, 0 for any that is free; 0 or -EADDRINUSE. */
export function* udp_v4_get_port(sk: udp_sock, snum: number): Kernel<number> {
  const table = udp_get_table_prot(sk);
  local_bh_disable();
  yield spin_lock(table.lock);
  const ret = getPort(table, sk, snum);
  spin_unlock(table.lock);
  yield* local_bh_enable();
  return ret;
}

/** Takes a socket out of the tables; its port is free. */
export function* udp_lib_unhash(sk: udp_sock): Kernel<void> {
  if (!sk.hashed) return;
  const table = udp_get_table_prot(sk);
  local_bh_disable();
  yield spin_lock(table.lock);
  reuseport_detach_sock(sk);
  if (sk.hashed) {
    sk.hashed = false;
    remove(table.hash, sk.udp_port_hash, sk);
    sk.sk_num = 0;
    remove(table.hash2, sk.udp_portaddr_hash as number, sk);
    sk.udp_portaddr_hash = null;
    if (sk.udp_lrpa_hash !== null) remove(table.hash4, sk.udp_lrpa_hash, sk);
    sk.udp_lrpa_hash = null;
  }
  spin_unlock(table.lock);
  yield* local_bh_enable();
}

/** The address that a socket is bound to has changed. It leaves its group. */
export function* udp_v4_rehash(sk: udp_sock): Kernel<void> {
  if (!sk.hashed) return;
  const table = udp_get_table_prot(sk);
  local_bh_disable();
  yield spin_lock(table.lock);
  reuseport_detach_sock(sk);
  const newhash = ipv4_portaddr_hash(sk.inet_rcv_saddr, sk.sk_num);
  if (newhash !== sk.udp_portaddr_hash) {
    remove(table.hash2, sk.udp_portaddr_hash as number, sk);
    addHead(table.hash2, newhash, sk);
    sk.udp_portaddr_hash = newhash;
  }
  const newhash4 = connectionOf(sk);
  if (sk.udp_lrpa_hash !== null && sk.udp_lrpa_hash !== newhash4) {
    remove(table.hash4, sk.udp_lrpa_hash, sk);
    addHead(table.hash4, newhash4, sk);
    sk.udp_lrpa_hash = newhash4;
  }
  spin_unlock(table.lock);
  yield* local_bh_enable();
}

/** A socket was connected: it is found by both ends, and leaves its group. Called by the owner. */
export function* udp4_hash4(sk: udp_sock): Kernel<void> {
  if (!sk.hashed || sk.inet_rcv_saddr === INADDR_ANY || sk.udp_lrpa_hash !== null) return;
  const table = udp_get_table_prot(sk);
  local_bh_disable();
  yield spin_lock(table.lock);
  reuseport_detach_sock(sk);
  sk.udp_lrpa_hash = connectionOf(sk);
  addHead(table.hash4, sk.udp_lrpa_hash, sk);
  spin_unlock(table.lock);
  yield* local_bh_enable();
}

/** How well a socket fits a datagram; -1 if it does not. */
function compute_score(
  sk: udp_sock,
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
): number {
  if (sk.udp_port_hash !== hnum || sk.inet_rcv_saddr !== daddr) return -1;
  let score = 2;
  if (sk.inet_daddr !== 0) {
    if (sk.inet_daddr !== saddr) return -1;
    score += 4;
  }
  if (sk.inet_dport !== 0) {
    if (sk.inet_dport !== sport) return -1;
    score += 4;
  }
  return sk.sk_incoming_cpu === current.cpu ? score + 1 : score;
}

export const udp_ehashfn: typeof __inet_ehashfn = __inet_ehashfn;

/** The member of the group of `sk` that a datagram is for; null if it has no group. */
const inet_lookup_reuseport = (
  sk: udp_sock,
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
): udp_sock | null =>
  sk.sk_reuseport
    ? (reuseport_select_sock(sk, udp_ehashfn(daddr, hnum, saddr, sport)) as udp_sock | null)
    : null;

/** The best of those that are bound to an address and port. */
function udp4_lib_lookup2(
  table: udp_table,
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
): udp_sock | null {
  let result: udp_sock | null = null;
  let badness = 0;
  for (const sk of table.hash2.get(ipv4_portaddr_hash(daddr, hnum)) ?? none) {
    const score = compute_score(sk, saddr, sport, daddr, hnum);
    if (score <= badness) continue;
    badness = score;
    result = sk;
    if (sk.sk_state === TCP_ESTABLISHED) continue;
    const member = inet_lookup_reuseport(sk, saddr, sport, daddr, hnum);
    if (member === null) continue;
    result = member;
    if (!reuseport_has_conns(sk)) return result;
    badness = Math.max(badness, compute_score(member, saddr, sport, daddr, hnum));
  }
  return result;
}

/** The best of those that have the port, for one whose address has changed this very moment. */
function udp4_lib_lookup1(
  table: udp_table,
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
): udp_sock | null {
  let result: udp_sock | null = null;
  let badness = 0;
  for (const sk of table.hash.get(hnum) ?? none) {
    const score = compute_score(sk, saddr, sport, daddr, hnum);
    if (score <= badness) continue;
    result = sk;
    badness = score;
  }
  return result;
}

/** The connected socket between these ends, or null. */
function udp4_lib_lookup4(
  table: udp_table,
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
): udp_sock | null {
  for (const sk of table.hash4.get(fourOf(daddr, hnum, saddr, sport)) ?? none) {
    const ours = sk.inet_rcv_saddr === daddr && sk.sk_num === hnum;
    if (ours && sk.inet_daddr === saddr && sk.inet_dport === sport) return sk;
  }
  return null;
}

/** The socket that a datagram is for: the connected one, the one bound to the address, or to any. */
export function* __udp4_lib_lookup(
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
  table: udp_table,
): Kernel<udp_sock | null> {
  if (!current.kernel.alone) yield table.look;
  const connected = udp4_lib_lookup4(table, saddr, sport, daddr, hnum);
  if (connected !== null) return connected;
  if (!current.kernel.alone) yield table.look;
  const bound = udp4_lib_lookup2(table, saddr, sport, daddr, hnum);
  if (bound !== null) return bound;
  if (!current.kernel.alone) yield table.look;
  const any = lookupAny(table, saddr, sport, hnum);
  if (any !== null) return any;
  if (!current.kernel.alone) yield table.look;
  return udp4_lib_lookup1(table, saddr, sport, daddr, hnum);
}

const lookupAny = (table: udp_table, saddr: number, sport: number, hnum: number): udp_sock | null =>
  udp4_lib_lookup2(table, saddr, sport, INADDR_ANY, hnum);

/** Everybody who hears what is sent to all on `hnum`, the newest first. */
export function udpListeners(
  table: udp_table,
  saddr: number,
  sport: number,
  daddr: number,
  hnum: number,
): udp_sock[] {
  return (table.hash.get(hnum) ?? none).filter(
    (sk) =>
      (sk.inet_daddr === 0 || sk.inet_daddr === saddr) &&
      (sk.inet_dport === 0 || sk.inet_dport === sport) &&
      (sk.inet_rcv_saddr === 0 || sk.inet_rcv_saddr === daddr),
  );
}
