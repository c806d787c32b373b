/**
 * The tables of sockets that /proc/net/tcp and /proc/net/udp show.
 * Linux: net/ipv4/tcp_ipv4.c (tcp4_seq_show), net/ipv4/udp.c (udp4_seq_show).
 *
 * A line a socket: listeners first, then connections, requests and what TIME_WAIT has left. Numbers
 * are as Linux prints them on x86-64: addresses with their first byte last, times in 1/100 s.
 *
 * Differs from Linux: where a hash would order the lines the older port stands first, and of UDP the
 * lower, which also stands for the number of its chain. References are counted from what a socket has
 * (itself and its timers, which Linux lets run out); objects have no addresses, which are shown as 0,
 * as Linux shows them to those who may not know.
 */
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { local_bh_disable, local_bh_enable } from '../../kernel/softirq.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { HZ, jiffies, type timer_list, timer_pending } from '../../kernel/timer.ts';
import type { net } from '../net.ts';
import { type sock, TCP_LISTEN, TCP_SYN_RECV } from '../sock.ts';
import { sk_wmem_alloc_get } from '../wmem.ts';
import type { Connection } from './inet_hashtables.ts';
import type { inet_timewait_sock } from './inet_timewait_sock.ts';
import type { request_sock } from './request_sock.ts';
import { TCP_INFINITE_SSTHRESH } from './tcp_cong.ts';
import { inet_csk_in_pingpong_mode } from './tcp_delack.ts';
import { ICSK_TIME_PROBE0, ICSK_TIME_RETRANS, type tcp_sock } from './tcp_sock.ts';
import type { udp_sock } from './udp_sock.ts';

/** Ticks of the clock that user mode knows, in a second. */
const USER_HZ = 100;
const TMPSZ = 150;
const UDP_WIDTH = 127;

const hex = (value: number, width: number): string =>
  (value >>> 0).toString(16).toUpperCase().padStart(width, '0');

const swapped = (addr: number): number =>
  ((addr & 0xff) << 24) | ((addr & 0xff00) << 8) | ((addr >>> 8) & 0xff00) | (addr >>> 24);

const endText = (addr: number, port: number): string => `${hex(swapped(addr), 8)}:${hex(port, 4)}`;

const jiffies_to_clock_t = (ticks: number): number => Math.floor((ticks * USER_HZ) / HZ);

/** How long until a timer expires, never less than nothing. */
const until = ({ expires }: timer_list): number =>
  jiffies_to_clock_t(Math.max(expires - jiffies(), 0));

/** What no one who asks may know. */
const POINTER = '0'.repeat(16);

const sock_i_ino = (sk: sock): number => sk.sk_socket?.file?.f_inode.i_ino ?? 0;

/** The columns that all lines have: from the queues to the inode. */
interface Common {
  readonly src: string;
  readonly dest: string;
  readonly state: number;
  readonly tx_queue: number;
  readonly rx_queue: number;
  readonly timer_active: number;
  readonly when: number;
  readonly retransmits: number;
  readonly uid: number;
  readonly probes: number;
  readonly inode: number;
  readonly refs: number;
}

const commonText = (line: Common): string =>
  `${line.src} ${line.dest} ${hex(line.state, 2)} ` +
  `${hex(line.tx_queue, 8)}:${hex(line.rx_queue, 8)} ` +
  `${hex(line.timer_active, 2)}:${hex(line.when, 8)} ${hex(line.retransmits, 8)} ` +
  `${String(line.uid).padStart(5)} ${String(line.probes).padStart(8)} ` +
  `${line.inode} ${line.refs} ${POINTER}`;

/** Which timer of a socket is at work, and when it expires. */
function timerOf(sk: tcp_sock): { readonly timer_active: number; readonly when: number } {
  const { icsk_pending, icsk_retransmit_timer, sk_timer } = sk;
  if (icsk_pending === ICSK_TIME_RETRANS) {
    return { timer_active: 1, when: until(icsk_retransmit_timer) };
  }
  if (icsk_pending === ICSK_TIME_PROBE0) {
    return { timer_active: 4, when: until(icsk_retransmit_timer) };
  }
  return timer_pending(sk_timer)
    ? { timer_active: 2, when: until(sk_timer) }
    : { timer_active: 0, when: 0 };
}

function get_tcp4_sock(sk: tcp_sock): string {
  const { icsk_ack, icsk_delack_timer, icsk_retransmit_timer, sk_timer } = sk;
  const timers = [icsk_retransmit_timer, icsk_delack_timer, sk_timer];
  const listens = sk.sk_state === TCP_LISTEN;
  const common = commonText({
    src: endText(sk.inet_rcv_saddr, sk.inet_sport),
    dest: endText(sk.inet_daddr, sk.inet_dport),
    state: sk.sk_state,
    tx_queue: sk.write_seq - sk.snd_una,
    rx_queue: listens ? sk.sk_ack_backlog : Math.max((sk.rcv_nxt - sk.copied_seq) | 0, 0),
    ...timerOf(sk),
    retransmits: sk.icsk_retransmits,
    uid: current.user.uid,
    probes: sk.icsk_probes_out,
    inode: sock_i_ino(sk),
    refs: 1 + timers.filter(timer_pending).length,
  });
  const quick = (icsk_ack.quick << 1) | Number(inet_csk_in_pingpong_mode(sk));
  const ssthresh = sk.snd_ssthresh >= TCP_INFINITE_SSTHRESH ? -1 : sk.snd_ssthresh;
  const last = listens ? sk.icsk_accept_queue.fastopenq.max_qlen : ssthresh;
  const [rto, ato] = [sk.icsk_rto, icsk_ack.ato].map(jiffies_to_clock_t);
  return `${common} ${rto} ${ato} ${quick} ${sk.snd_cwnd} ${last}`;
}

const get_openreq4 = (req: request_sock): string =>
  commonText({
    src: endText(req.ir_loc_addr, req.ir_num),
    dest: endText(req.ir_rmt_addr, req.ir_rmt_port),
    state: TCP_SYN_RECV,
    tx_queue: 0,
    rx_queue: 0,
    timer_active: 1,
    when: until(req.rsk_timer),
    retransmits: req.num_timeout,
    uid: current.user.uid,
    probes: 0,
    inode: 0,
    refs: 0,
  });

const get_timewait4_sock = (tw: inet_timewait_sock): string =>
  commonText({
    src: endText(tw.inet_rcv_saddr, tw.sk_num),
    dest: endText(tw.inet_daddr, tw.inet_dport),
    state: tw.tw_substate,
    tx_queue: 0,
    rx_queue: 0,
    timer_active: 3,
    when: until(tw.tw_timer),
    retransmits: 0,
    uid: 0,
    probes: 0,
    inode: 0,
    refs: 3,
  });

function connectionText(sk: Connection): string {
  if ('rsk_timer' in sk) return get_openreq4(sk);
  return 'tw_timer' in sk ? get_timewait4_sock(sk) : get_tcp4_sock(sk);
}

const tcpHead =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

/** Appends the lines of /proc/net/tcp. */
export function* tcp4_seq_show({ ipv4 }: net, lines: string[]): Kernel<void> {
  const { ehash, ehash_lock, lhash2 } = ipv4.tcp_hashinfo;
  local_bh_disable();
  yield spin_lock(ehash_lock);
  const shown = [...lhash2.values()].flat().map(get_tcp4_sock);
  for (const chain of ehash.values()) for (const { sk } of chain) shown.push(connectionText(sk));
  spin_unlock(ehash_lock);
  yield* local_bh_enable();
  lines.push(tcpHead.padEnd(TMPSZ - 1));
  lines.push(...shown.map((text, i) => `${String(i).padStart(4)}: ${text}`.padEnd(TMPSZ - 1)));
}

const udp4_format_sock = (sk: udp_sock): string => {
  const common = commonText({
    src: endText(sk.inet_rcv_saddr, sk.inet_sport),
    dest: endText(sk.inet_daddr, sk.inet_dport),
    state: sk.sk_state,
    tx_queue: sk_wmem_alloc_get(sk),
    rx_queue: sk.sk_rmem_alloc - sk.forward_deficit,
    timer_active: 0,
    when: 0,
    retransmits: 0,
    uid: current.user.uid,
    probes: 0,
    inode: sock_i_ino(sk),
    refs: 2,
  });
  return `${String(sk.sk_num).padStart(5)}: ${common} ${sk.sk_drops}`;
};

/** Appends the lines of /proc/net/udp. */
export function* udp4_seq_show({ ipv4 }: net, lines: string[]): Kernel<void> {
  const { hash, lock } = ipv4.udp_table;
  local_bh_disable();
  yield spin_lock(lock);
  const sockets = [...hash.values()].flat().sort((a, b) => a.sk_num - b.sk_num);
  const shown = sockets.map(udp4_format_sock);
  spin_unlock(lock);
  yield* local_bh_enable();
  lines.push(` ${tcpHead} ref pointer drops`.padEnd(UDP_WIDTH));
  lines.push(...shown.map((text) => text.padEnd(UDP_WIDTH)));
}
