/**
 * Which socket a segment is for. Linux: net/ipv4/inet_hashtables.c, include/net/inet_hashtables.h.
 *
 * Connections are found by both addresses and both ports: sockets, requests whose handshake is under
 * way, and what is left of closed connections. Whatever belongs to no connection goes to a listener.
 *
 * Invariants: the tables change under `ehash_lock`; lookups take no lock (RCU).
 * Differs from Linux: one lock instead of one a hash chain; listeners of one port and address
 * (SO_REUSEPORT) are not balanced, the oldest gets everything.
 */
import { current } from '../../kernel/current.ts';
import { type Kernel, type Named, Op } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../kernel/spinlock.ts';
import { EADDRNOTAVAIL } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY } from '../../kernel/uapi/in.ts';
import { dev_net } from '../dev.ts';
import type { net } from '../net.ts';
import { sock_net, TCP_LISTEN, TCP_TIME_WAIT } from '../sock.ts';
import { type inet_bind_bucket, portForConnect, unbind } from './bind_hash.ts';
import { type inet_timewait_sock, twskExpired } from './inet_timewait_sock.ts';
import type { request_sock } from './request_sock.ts';
import { tcp_twsk_unique } from './tcp_minisocks.ts';
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
  readonly ehash: Map<number, Entry[]> = new Map();
  readonly ehash_lock: spinlock_t = new spinlock_t('inet_ehash_lock');
  /** Listeners by port, the oldest first. */
  readonly lhash2: Map<number, tcp_sock[]> = new Map();
  readonly bhash: Map<number, inet_bind_bucket> = new Map();
  readonly bhash_lock: spinlock_t = new spinlock_t('inet_bind_hash');

  // Ours:
  readonly look: Op = new Op('access', this);

  /** The connection between these ends; one whose time is up counts for none. */
  find({ laddr, lport, raddr, rport }: Ends): Connection | null {
    const chain = this.ehash.get(portsOf(lport, rport));
    if (chain === undefined) return null;
    for (const { laddr: local, raddr: remote, sk } of chain) {
      if (local !== laddr || remote !== raddr) continue;
      if (sk.sk_state !== TCP_TIME_WAIT || !twskExpired(sk as inet_timewait_sock)) return sk;
    }
    return null;
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

/** The listener for an address and port: one bound to the address before one bound to any. */
export function* __inet_lookup_listener(
  net: net,
  daddr: number,
  hnum: number,
): Kernel<tcp_sock | null> {
  const { lhash2, look } = net.ipv4.tcp_hashinfo;
  if (!current.kernel.alone) yield look;
  const listeners = lhash2.get(hnum);
  if (listeners === undefined) return null;
  return (
    listeners.find((sk) => sk.inet_rcv_saddr === daddr) ??
    listeners.find((sk) => sk.inet_rcv_saddr === INADDR_ANY) ??
    null
  );
}

/** Puts a listener into the table of listeners. */
export function* inet_hash(sk: tcp_sock): Kernel<void> {
  const { ehash_lock, lhash2 } = sock_net(sk).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(ehash_lock);
  const listeners = lhash2.get(sk.sk_num);
  if (listeners === undefined) lhash2.set(sk.sk_num, [sk]);
  else listeners.push(sk);
  sk.hashed = true;
  spin_unlock(ehash_lock);
  yield* local_bh_enable();
}

/** Takes a listener or a connection out of its table. */
export function* inet_unhash(sk: tcp_sock): Kernel<void> {
  if (!sk.hashed) return;
  const hashinfo = sock_net(sk).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(hashinfo.ehash_lock);
  if (sk.sk_state === TCP_LISTEN) {
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
 * `osk` was gone already. Only where bottom halves are disabled.
 */
export function* inet_ehash_insert(sk: Connection, osk: Connection | null): Kernel<boolean> {
  const hashinfo = sock_net(sk).ipv4.tcp_hashinfo;
  yield spin_lock(hashinfo.ehash_lock);
  const ok = osk === null || hashinfo.remove(osk);
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

/** What stands in the way of a connection of `sk` from `lport`: -EADDRNOTAVAIL, else 0. */
function* __inet_check_established(sk: tcp_sock, lport: number): Kernel<number> {
  const hashinfo = sock_net(sk).ipv4.tcp_hashinfo;
  yield spin_lock(hashinfo.ehash_lock);
  const sk2 = hashinfo.find({
    laddr: sk.inet_rcv_saddr,
    lport,
    raddr: sk.inet_daddr,
    rport: sk.inet_dport,
  });
  const tw = sk2 !== null && sk2.sk_state === TCP_TIME_WAIT ? (sk2 as inet_timewait_sock) : null;
  const ok = sk2 === null || tw !== null;
  if (ok) {
    sk.sk_num = lport;
    sk.inet_sport = lport;
    if (tw !== null) {
      tcp_twsk_unique(sk, tw);
      hashinfo.remove(tw);
      releasePort(hashinfo, tw);
    }
    hashinfo.insert(sk);
  }
  spin_unlock(hashinfo.ehash_lock);
  return ok ? 0 : -EADDRNOTAVAIL;
}

/** The port that it kept is in use by the socket that took its place, or free. */
function releasePort(hashinfo: inet_hashinfo, tw: inet_timewait_sock): void {
  if (tw.tw_tb !== null) unbind(hashinfo, tw.tw_tb, tw);
  tw.tw_tb = null;
}

/** Finds a port for a connection, unless it has one, and puts it into the table; 0 or -errno. */
export function* inet_hash_connect(sk: tcp_sock): Kernel<number> {
  const hinfo = sock_net(sk).ipv4.tcp_hashinfo;
  let ret = 0;
  local_bh_disable();
  yield spin_lock(hinfo.bhash_lock);
  if (sk.sk_num === 0) {
    const raddr = sk.inet_daddr;
    const rport = sk.inet_dport;
    const taken = (lport: number): boolean =>
      hinfo.find({ laddr: sk.inet_rcv_saddr, lport, raddr, rport }) !== null;
    if (!portForConnect(hinfo, sk, taken)) ret = -EADDRNOTAVAIL;
  }
  if (ret === 0) ret = yield* __inet_check_established(sk, sk.sk_num);
  spin_unlock(hinfo.bhash_lock);
  yield* local_bh_enable();
  return ret;
}
