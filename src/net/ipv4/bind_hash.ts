/**
 * Local ports: who is bound to which, and who may share. Linux: net/ipv4/inet_connection_sock.c
 * (inet_csk_get_port), net/ipv4/inet_hashtables.c (bhash), include/net/inet_hashtables.h.
 *
 * A bucket stands for a port; its owners are the sockets that use it: bound, connected, children of
 * a listener, and what is left of connections (TIME_WAIT).
 *
 * Invariants: everything is under `bhash_lock`.
 * Differs from Linux: one lock instead of one a hash chain; free ports are taken in order instead of
 * at random.
 */
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { traceNote } from '../../kernel/trace.ts';
import { EADDRINUSE, ENOENT } from '../../kernel/uapi/errno.ts';
import { INADDR_ANY } from '../../kernel/uapi/in.ts';
import { sock_net, TCP_LISTEN } from '../sock.ts';
import type { inet_hashinfo } from './inet_hashtables.ts';
import { SOCK_CONNECT_BIND } from './inet_sock.ts';
import type { inet_timewait_sock } from './inet_timewait_sock.ts';
import { ip_local_port_range } from './netns.ts';
import type { tcp_sock } from './tcp_sock.ts';

export type Owner = tcp_sock | inet_timewait_sock;

export class inet_bind_bucket {
  readonly port: number;
  /** -1, and `fastreuseport` too: bound by connect alone. */
  fastreuse = 0;
  /** Sockets that set SO_REUSEPORT may share `fast_rcv_saddr` unless this is 0. */
  fastreuseport = 0;
  fast_rcv_saddr = 0;
  // Ours:
  readonly owners: Owner[] = [];

  constructor(port: number) {
    this.port = port;
  }
}

/** inet_bind_bucket::fastreuseport. */
const FASTREUSEPORT_STRICT = 2;

/** Could packets for the one address be for the other? */
const ipv4_rcv_saddr_equal = (addr: number, addr2: number): boolean =>
  addr === addr2 || addr === INADDR_ANY || addr2 === INADDR_ANY;

const inet_rcv_saddr_equal = (sk: Owner, sk2: Owner): boolean =>
  ipv4_rcv_saddr_equal(sk.inet_rcv_saddr, sk2.inet_rcv_saddr);

/** Must the two not share a port? `relax`: the port was asked for by number. */
function inet_bind_conflict(sk: Owner, sk2: Owner, relax: boolean, reuseport_ok: boolean): boolean {
  if (sk === sk2) return false;
  if (sk.sk_reuse && sk2.sk_reuse && sk2.sk_state !== TCP_LISTEN) return !relax;
  return !reuseport_ok || !sk.sk_reuseport || !sk2.sk_reuseport;
}

function inet_csk_bind_conflict(
  sk: tcp_sock,
  tb: inet_bind_bucket,
  relax: boolean,
  reuseport_ok: boolean,
): boolean {
  return tb.owners.some(
    (sk2) => inet_bind_conflict(sk, sk2, relax, reuseport_ok) && inet_rcv_saddr_equal(sk, sk2),
  );
}

/** The bucket of a port, or null if nobody uses it. */
const findBucket = (hinfo: inet_hashinfo, port: number): inet_bind_bucket | null =>
  hinfo.bhash.get(port) ?? null;

function inet_bind_bucket_create(hinfo: inet_hashinfo, port: number): inet_bind_bucket {
  const tb = new inet_bind_bucket(port);
  hinfo.bhash.set(port, tb);
  return tb;
}

export function inet_bind_hash(sk: tcp_sock, tb: inet_bind_bucket): void {
  sk.sk_num = tb.port;
  sk.icsk_bind_hash = tb;
  tb.owners.push(sk);
}

/** Was its port chosen by connect()? */
const sk_is_connect_bind = (sk: Owner): boolean =>
  'tw_connect_bind' in sk ? sk.tw_connect_bind : (sk.sk_userlocks & SOCK_CONNECT_BIND) !== 0;

/** Takes an owner out of its bucket; where only connections are left, others may join them. */
export function unbind(hinfo: inet_hashinfo, tb: inet_bind_bucket, owner: Owner): void {
  tb.owners.splice(tb.owners.indexOf(owner), 1);
  if (tb.owners.length === 0) hinfo.bhash.delete(tb.port);
  else if (tb.owners.every(sk_is_connect_bind)) tb.fastreuse = tb.fastreuseport = -1;
}

/** Gives the port back. inet_sport keeps its number, and getsockname() goes on showing it. */
export function* inet_put_port(sk: tcp_sock): Kernel<void> {
  const hinfo = sock_net(sk).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(hinfo.bhash_lock);
  const tb = sk.icsk_bind_hash;
  sk.icsk_bind_hash = null;
  sk.sk_num = 0;
  sk.sk_userlocks &= ~SOCK_CONNECT_BIND;
  if (tb !== null) unbind(hinfo, tb, sk);
  spin_unlock(hinfo.bhash_lock);
  yield* local_bh_enable();
}

/** May `sk` share the port, as the last one that set SO_REUSEPORT could? */
function sk_reuseport_match(tb: inet_bind_bucket, sk: tcp_sock): boolean {
  if (tb.fastreuseport <= 0 || !sk.sk_reuseport || sk.sk_reuseport_cb !== null) return false;
  return tb.fast_rcv_saddr === INADDR_ANY || tb.fast_rcv_saddr === sk.inet_rcv_saddr;
}

/**
 * `sk` has been let in. In Linux the bucket of its address stands before this looks whether the port
 * is new, so no port ever is, and `fastreuse` and FASTREUSEPORT_ANY never come to be.
 */
function inet_csk_update_fastreuse(sk: tcp_sock, tb: inet_bind_bucket): void {
  if (!sk.sk_reuse || sk.sk_state === TCP_LISTEN) tb.fastreuse = 0;
  if (!sk.sk_reuseport) {
    tb.fastreuseport = 0;
  } else if (!sk_reuseport_match(tb, sk)) {
    tb.fastreuseport = FASTREUSEPORT_STRICT;
    tb.fast_rcv_saddr = sk.inet_rcv_saddr;
  }
}

/** Looks for a port that nobody uses; its bucket or null. */
function inet_csk_find_open_port(hinfo: inet_hashinfo, sk: tcp_sock): inet_bind_bucket | null {
  const [low, high] = ip_local_port_range;
  const net = sock_net(sk).ipv4;
  const count = high + 1 - low;
  for (const parity of [1, 0]) {
    for (let tried = 0; tried < count; tried += 2) {
      const port = low + ((net.bindOffset + tried) % count) + parity;
      const tb = findBucket(hinfo, port);
      if (tb !== null && inet_csk_bind_conflict(sk, tb, false, false)) continue;
      net.bindOffset = (port + 2 - parity - low) % count;
      return tb ?? inet_bind_bucket_create(hinfo, port);
    }
  }
  return null;
}

/** Binds to a port, 0 for any that is free; 0 or -EADDRINUSE. Also checks a bound port anew. */
export function* inet_csk_get_port(sk: tcp_sock, snum: number): Kernel<number> {
  const hinfo = sock_net(sk).ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(hinfo.bhash_lock);
  const ret = getPort(hinfo, sk, snum);
  spin_unlock(hinfo.bhash_lock);
  yield* local_bh_enable();
  return ret;
}

/** Called with bhash_lock held. */
function getPort(hinfo: inet_hashinfo, sk: tcp_sock, snum: number): number {
  const found = snum === 0 ? inet_csk_find_open_port(hinfo, sk) : findBucket(hinfo, snum);
  if (snum === 0 && found === null) return -EADDRINUSE;
  const tb = found ?? inet_bind_bucket_create(hinfo, snum);
  if (snum !== 0 && !sk_reuseport_match(tb, sk) && inet_csk_bind_conflict(sk, tb, true, true)) {
    traceNote('inet_csk_get_port: the port is taken', sk);
    return -EADDRINUSE;
  }
  inet_csk_update_fastreuse(sk, tb);
  if (sk.icsk_bind_hash === null) inet_bind_hash(sk, tb);
  return 0;
}

/** A child of a listener uses the listener's port; 0, or -ENOENT if that is closed. */
export function* __inet_inherit_port(sk: tcp_sock, child: tcp_sock): Kernel<number> {
  const { bhash_lock } = sock_net(sk).ipv4.tcp_hashinfo;
  yield spin_lock(bhash_lock);
  const tb = sk.icsk_bind_hash;
  if (tb !== null) inet_bind_hash(child, tb);
  spin_unlock(bhash_lock);
  return tb === null ? -ENOENT : 0;
}

/**
 * The port of a connection that is bound to none: the first with no user but other connections
 * that `claim` takes. False if there is none. Called with bhash_lock held.
 */
export function portForConnect(
  hinfo: inet_hashinfo,
  sk: tcp_sock,
  claim: (port: number) => boolean,
): boolean {
  const [low, high] = ip_local_port_range;
  const net = sock_net(sk).ipv4;
  const count = high + 1 - low;
  for (const parity of [0, 1]) {
    for (let tried = 0; tried < count; tried += 2) {
      const port = low + ((net.connectOffset + tried) % count) + parity;
      const tb = findBucket(hinfo, port);
      if (tb !== null && (tb.fastreuse >= 0 || tb.fastreuseport >= 0)) continue;
      if (!claim(port)) continue;
      net.connectOffset = (port + 2 - parity - low) % count;
      const bucket = tb ?? inet_bind_bucket_create(hinfo, port);
      bucket.fastreuse = bucket.fastreuseport = -1;
      inet_bind_hash(sk, bucket);
      sk.sk_userlocks |= SOCK_CONNECT_BIND;
      return true;
    }
  }
  return false;
}
