/**
 * Which socket a segment is for. Linux: net/ipv4/inet_hashtables.c, include/net/inet_hashtables.h.
 *
 * Connections are found by both addresses and both ports: sockets, requests whose handshake is under
 * way, and what is left of closed connections. Whatever belongs to no connection goes to a listener.
 *
 * Invariants: the tables change under `ehash_lock`; lookups take no lock (RCU).
 * Differs from Linux: one lock instead of one a hash chain.
 */

import { current } from '../../kernel/current.ts';
import { newIdentity } from '../../kernel/footprint.ts';
import { type Kernel, type Named, Op } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { EADDRNOTAVAIL } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY } from '../../kernel/uapi/in.ts';
import { dev_net } from '../netdevice.ts';
import { sock_net, TCP_LISTEN, TCP_TIME_WAIT } from '../sock.ts';
import {
  reuseport_add_sock,
  reuseport_alloc,
  reuseport_detach_sock,
  reuseport_select_sock,
} from '../sock_reuseport.ts';
import { type inet_bind_bucket, portForConnect } from './bind_hash.ts';
import { inet_ehashfn } from './ehashfn.ts';
import {
  type inet_timewait_sock,
  inet_twsk_bind_unhash,
  inet_twsk_deschedule_put,
} from './inet_timewait_sock.ts';
import type { request_sock } from './request_sock.ts';
import { tcp_twsk_unique } from './tcp_ipv4.ts';
import type { TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** What stands in the table of connections. */
export type Connection = tcp_sock | request_sock | inet_timewait_sock;

/** Both ends of a connection as this machine's end sees them. */
interface Ends {
  readonly laddr: number;
  readonly lport: number;
  readonly raddr: number;
  readonly rport: number;
}

function endsOf(sk: Connection): Ends {
  if ('ir_num' in sk) {
    return {
      laddr: sk.ir_loc_addr,
      lport: sk.ir_num,
      raddr: sk.ir_rmt_addr,
      rport: sk.ir_rmt_port,
    };
  }
  return {
    laddr: sk.inet_rcv_saddr,
    lport: sk.sk_num,
    raddr: sk.inet_daddr,
    rport: sk.inet_dport,
  };
}

interface Entry extends Ends {
  readonly sk: Connection;
}

const portsOf = (lport: number, rport: number): number => lport * 65_536 + rport;

export class inet_hashinfo implements Named {
  readonly name = 'inet_hashinfo';
  readonly identity: number = newIdentity();
  readonly ehash: Map<number, Entry[]> = new Map();
  readonly ehash_lock: spinlock_t = new spinlock_t('inet_ehash_lock', this);
  /** Listeners by port, the newest first. */
  readonly lhash2: Map<number, tcp_sock[]> = new Map();
  readonly bhash: Map<number, inet_bind_bucket> = new Map();
  readonly bhash_lock: spinlock_t = new spinlock_t('inet_bind_hash', this);

  // Ours:
  readonly look: Op = new Op('access', this);

  /** The connection between these ends. */
  find({ laddr, lport, raddr, rport }: Ends): Connection | null {
    const chain = this.ehash.get(portsOf(lport, rport));
    return chain?.find((entry) => entry.laddr === laddr && entry.raddr === raddr)?.sk ?? null;
  }

  insert(sk: Connection): void {
    const entry = { ...endsOf(sk), sk };
    const ports = portsOf(entry.lport, entry.rport);
    const chain = this.ehash.get(ports);
    if (chain === undefined) this.ehash.set(ports, [entry]);
    else chain.unshift(entry);
    sk.hashed = true;
  }

  /** Takes it out of the table; whether it was there. */
  remove(sk: Connection): boolean {
    if (!sk.hashed) return false;
    const { lport, rport } = endsOf(sk);
    const ports = portsOf(lport, rport);
    const chain = this.ehash.get(ports) as Entry[];
    const at = chain.findIndex((entry) => entry.sk === sk);
    chain.splice(at, 1);
    if (chain.length === 0) this.ehash.delete(ports);
    sk.hashed = false;
    return true;
  }
}

/** The connection that a segment belongs to, or null. */
export function* __inet_lookup_established(skb: TcpSegment): Kernel<Connection | null> {
  const hashinfo = dev_net(skb.dev).ipv4.tcp_hashinfo;
  if (!current.kernel.alone) yield hashinfo.look;
  return hashinfo.find({
    laddr: skb.daddr,
    lport: skb.dest,
    raddr: skb.saddr,
    rport: skb.source,
  });
}

/** How well a listener fits a segment for `daddr`; -1 if it does not. */
function compute_score(sk: tcp_sock, daddr: number): number {
  if (sk.inet_rcv_saddr !== daddr) return -1;
  return sk.sk_incoming_cpu === current.cpu ? 3 : 2;
}

/** The member of the group of `sk` that a connection is for; null if it has no group. */
function inet_lookup_reuseport(sk: tcp_sock, skb: TcpSegment): tcp_sock | null {
  if (!sk.sk_reuseport) return null;
  const phash = inet_ehashfn(skb.daddr, skb.dest, skb.saddr, skb.source);
  return reuseport_select_sock(sk, phash) as tcp_sock | null;
}

/** The best of those that listen on `daddr`. */
function inet_lhash2_lookup(
  listeners: readonly tcp_sock[],
  skb: TcpSegment,
  daddr: number,
): tcp_sock | null {
  let result: tcp_sock | null = null;
  let hiscore = 0;
  for (const sk of listeners) {
    const score = compute_score(sk, daddr);
    if (score <= hiscore) continue;
    const member = inet_lookup_reuseport(sk, skb);
    if (member !== null) return member;
    result = sk;
    hiscore = score;
  }
  return result;
}

/** The listener for a segment: one bound to its address before one bound to any. */
export function* __inet_lookup_listener(skb: TcpSegment): Kernel<tcp_sock | null> {
  const { lhash2, look } = dev_net(skb.dev).ipv4.tcp_hashinfo;
  if (!current.kernel.alone) yield look;
  const listeners = lhash2.get(skb.dest);
  if (listeners === undefined) return null;
  return (
    inet_lhash2_lookup(listeners, skb, skb.daddr) ?? inet_lhash2_lookup(listeners, skb, INADDR_ANY)
  );
}

/** Joins those that listen on the same address and port with SO_REUSEPORT; 0 or -errno. */
function inet_reuseport_add_sock(sk: tcp_sock, listeners: readonly tcp_sock[]): number {
  const sk2 = listeners.find(
    (other) => other.sk_reuseport && other.inet_rcv_saddr === sk.inet_rcv_saddr,
  );
  if (sk2 !== undefined) return reuseport_add_sock(sk, sk2);
  reuseport_alloc(sk);
  return 0;
}

/** Puts a listener into the table of listeners; 0 or -errno. */
export function* inet_hash(sk: tcp_sock): Kernel<number> {
  const { ehash_lock, lhash2 } = sock_net(sk).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(ehash_lock);
  const listeners = lhash2.get(sk.sk_num) ?? [];
  const err = sk.sk_reuseport ? inet_reuseport_add_sock(sk, listeners) : 0;
  if (err === 0) {
    lhash2.set(sk.sk_num, listeners);
    listeners.unshift(sk);
    sk.hashed = true;
  }
  spin_unlock(ehash_lock);
  yield* local_bh_enable();
  return err;
}

/** Takes a listener or a connection out of its table. */
export function* inet_unhash(sk: tcp_sock): Kernel<void> {
  if (!sk.hashed) return;
  const hashinfo = sock_net(sk).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(hashinfo.ehash_lock);
  if (sk.sk_state === TCP_LISTEN) {
    reuseport_detach_sock(sk);
    const listeners = hashinfo.lhash2.get(sk.sk_num) as tcp_sock[];
    listeners.splice(listeners.indexOf(sk), 1);
    if (listeners.length === 0) hashinfo.lhash2.delete(sk.sk_num);
    sk.hashed = false;
  } else {
    hashinfo.remove(sk);
  }
  spin_unlock(hashinfo.ehash_lock);
  yield* local_bh_enable();
}

/**
 * Puts `sk` into the table in the place of `osk`, or as a new entry where `osk` is null; false if
 * `osk` was gone already, or there is an entry between the same ends. Only where bottom halves are
 * disabled.
 */
export function* inet_ehash_insert(sk: Connection, osk: Connection | null): Kernel<boolean> {
  const hashinfo = sock_net(sk).ipv4.tcp_hashinfo;
  yield spin_lock(hashinfo.ehash_lock);
  const ok = osk === null ? hashinfo.find(endsOf(sk)) === null : hashinfo.remove(osk);
  if (ok) hashinfo.insert(sk);
  spin_unlock(hashinfo.ehash_lock);
  return ok;
}

/** Takes a request out of the table; whether it was there. Only with bottom halves disabled. */
export function* reqsk_queue_unlink(req: request_sock): Kernel<boolean> {
  if (!req.hashed) return false;
  const hashinfo = sock_net(req).ipv4.tcp_hashinfo;
  yield spin_lock(hashinfo.ehash_lock);
  const found = hashinfo.remove(req);
  spin_unlock(hashinfo.ehash_lock);
  return found;
}

const isTimewait = (sk: Connection): sk is inet_timewait_sock => sk.sk_state === TCP_TIME_WAIT;

/** What a connection found in its place: an entry that gave way, null for nothing, or -errno. */
type Found = inet_timewait_sock | null | number;

/**
 * Puts a connection from `lport` into the table unless there is one between the same ends already,
 * which is -EADDRNOTAVAIL. `chosen`: connect() chose the port. Called with ehash_lock held.
 */
function __inet_check_established(sk: tcp_sock, lport: number, chosen: boolean): Found {
  const hashinfo = sock_net(sk).ipv4.tcp_hashinfo;
  const { inet_rcv_saddr: laddr, inet_daddr: raddr, inet_dport: rport } = sk;
  const sk2 = hashinfo.find({ laddr, lport, raddr, rport });
  const tw = sk2 !== null && isTimewait(sk2) ? sk2 : null;
  if (sk2 !== null && (tw === null || !tcp_twsk_unique(sk, tw, chosen))) return -EADDRNOTAVAIL;
  sk.sk_num = lport;
  sk.inet_sport = lport;
  if (tw !== null) hashinfo.remove(tw);
  hashinfo.insert(sk);
  return tw;
}

/** A connection from the port that the socket is bound to. */
function* fromItsPort(sk: tcp_sock): Kernel<Found> {
  const { ehash_lock } = sock_net(sk).ipv4.tcp_hashinfo;
  yield spin_lock(ehash_lock);
  const found = __inet_check_established(sk, sk.sk_num, false);
  spin_unlock(ehash_lock);
  return found;
}

/** A connection from any port that there is no other to the same peer from. */
function* fromAnyPort(sk: tcp_sock): Kernel<Found> {
  const hinfo = sock_net(sk).ipv4.tcp_hashinfo;
  let found: Found = -EADDRNOTAVAIL;
  yield spin_lock(hinfo.bhash_lock);
  yield spin_lock(hinfo.ehash_lock);
  portForConnect(hinfo, sk, (port) => {
    found = __inet_check_established(sk, port, true);
    return typeof found !== 'number';
  });
  spin_unlock(hinfo.ehash_lock);
  const tw = found as Found;
  if (tw !== null && typeof tw !== 'number') inet_twsk_bind_unhash(tw);
  spin_unlock(hinfo.bhash_lock);
  return tw;
}

/** Finds a port for a connection, unless it has one, and puts it into the table; 0 or -errno. */
export function* inet_hash_connect(sk: tcp_sock): Kernel<number> {
  local_bh_disable();
  const found = sk.sk_num === 0 ? yield* fromAnyPort(sk) : yield* fromItsPort(sk);
  if (found !== null && typeof found !== 'number') yield* inet_twsk_deschedule_put(found);
  yield* local_bh_enable();
  return typeof found === 'number' ? found : 0;
}
