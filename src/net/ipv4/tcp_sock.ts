/**
 * A TCP socket. Linux: include/net/inet_connection_sock.h, include/linux/tcp.h.
 *
 * Structs that contain each other are classes that extend each other: the addresses (inet_sock),
 * what any connection has (inet_connection_sock), and TCP's own state (tcp_sock).
 *
 * Invariants: everything is under sk_lock (see sock_lock.ts), except where a field says otherwise;
 * sequence numbers are unsigned 32-bit numbers.
 */
import Denque from 'denque';
import { list_head } from '../../kernel/list.ts';
import type { Kernel } from '../../kernel/op.ts';
import { timer_list } from '../../kernel/timer.ts';
import { IPPROTO_TCP } from '../../kernel/uapi/in.ts';
import { AF_INET, SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import type { net } from '../net.ts';
import type { net_device } from '../netdevice.ts';
import type { sk_buff } from '../skbuff.ts';
import type { sock_reuseport } from '../sock_reuseport.ts';
import { type StreamSock, sk_stream_write_space } from '../stream.ts';
import { inState, TCPF_CLOSE, TCPF_LISTEN } from '../tcp_states.ts';
import type { inet_bind_bucket } from './bind_hash.ts';
import { inet_sock, type proto } from './inet_sock.ts';
import { type request_sock, request_sock_queue } from './request_sock.ts';
import type { tcp_fastopen_request } from './tcp_fastopen.ts';
import { tcp_v4_do_rcv } from './tcp_ipv4.ts';
import { tcp_keepalive_timer, tcp_set_keepalive } from './tcp_keepalive.ts';
import { tcp_prot } from './tcp_prot.ts';
import { tcp_release_cb } from './tcp_release_cb.ts';
import type { TcpSegment } from './tcp_skb.ts';
import { tcp_delack_timer, tcp_write_timer } from './tcp_timer.ts';

/** inet_connection_sock::icsk_ack. */
export class icsk_ack {
  /** ICSK_ACK_* bits. */
  pending = 0;
  /** So many ACKs are sent at once. */
  quick = 0;
  /** The connection is interactive: ACKs wait for data to go with. */
  pingpong = 0;
  /** How long an ACK may wait, in ticks. */
  ato = 0;
  lrcvtime = 0;
  last_seg_size = 0;
  /** A guess at what the peer takes for a full segment. */
  rcv_mss = 0;
}

export const ICSK_ACK_SCHED = 1;
export const ICSK_ACK_TIMER = 2;
export const ICSK_ACK_PUSHED = 4;
export const ICSK_ACK_PUSHED2 = 8;
export const ICSK_ACK_NOW = 16;

export const ICSK_TIME_RETRANS = 1;
export const ICSK_TIME_PROBE0 = 3;

/** icsk_ca_state: nothing is wrong; duplicate acknowledgements come. */
export const TCP_CA_Open = 0;
export const TCP_CA_Disorder = 1;
/** A segment is taken for lost; everything in flight is. */
export const TCP_CA_Recovery = 3;
export const TCP_CA_Loss = 4;

export abstract class inet_connection_sock extends inet_sock {
  readonly icsk_accept_queue: request_sock_queue = new request_sock_queue();
  icsk_bind_hash: inet_bind_bucket | null = null;
  abstract readonly icsk_retransmit_timer: timer_list;
  abstract readonly icsk_delack_timer: timer_list;
  /** sock::sk_timer: keepalive, and what ends an orphan. */
  abstract readonly sk_timer: timer_list;
  /** In ticks, as all times here. */
  icsk_rto = 0;
  icsk_pending = 0;
  icsk_backoff = 0;
  icsk_retransmits = 0;
  icsk_syn_retries = 0;
  icsk_probes_out = 0;
  /** When the first of these was sent; 0 for none. */
  icsk_probes_tstamp = 0;
  icsk_user_timeout = 0;
  /** TCP_RTO_MAX_MS, TCP_RTO_MIN_US, TCP_DELACK_MAX_US; 0 until set. */
  icsk_rto_max = 0;
  icsk_rto_min = 0;
  icsk_delack_max = 0;
  icsk_ca_state: number = TCP_CA_Open;
  icsk_ack: icsk_ack = new icsk_ack();
}

/** tcp_options_received: what was agreed with the peer. */
export class tcp_options_received {
  mss_clamp = 0;
  /** TCP_MAXSEG. */
  user_mss = 0;
  snd_wscale = 0;
  rcv_wscale = 0;
  wscale_ok = false;
  /** The time stamp to send back. */
  ts_recent = 0;
}

export class tcp_sock extends inet_connection_sock implements StreamSock {
  readonly name = 'tcp';
  readonly icsk_retransmit_timer: timer_list = new timer_list('tcp_write_timer', () =>
    tcp_write_timer(this),
  );
  readonly icsk_delack_timer: timer_list = new timer_list('tcp_delack_timer', () =>
    tcp_delack_timer(this),
  );
  readonly sk_timer: timer_list = new timer_list(
    'tcp_keepalive_timer',
    () => tcp_keepalive_timer(this),
    true,
  );
  readonly rx_opt: tcp_options_received = new tcp_options_received();

  /** What is left of the pages that were taken ahead of need. */
  sk_forward_alloc = 0;
  /** What the header of the next segment looks like if nothing is the matter; 0: look closely. */
  pred_flags = 0;

  // Sending. Not yet sent; sent and not acknowledged:
  readonly sk_write_queue: Denque<TcpSegment> = new Denque();
  readonly tcp_rtx_queue: Denque<TcpSegment> = new Denque();
  /** Read by pollers without the lock. */
  sk_wmem_queued = 0;
  sk_write_pending = 0;
  /** TCP_DEFERRED_ALL: what softirqs left to the owner. */
  sk_tsq_flags = 0;
  snd_una = 0;
  snd_nxt = 0;
  write_seq = 0;
  /** The last byte that was marked to be pushed. */
  pushed_seq = 0;
  snd_wnd = 0;
  snd_wl1 = 0;
  max_window = 0;
  /** End of the last small segment, for Nagle's rule. */
  snd_sml = 0;
  /** One past the urgent byte. */
  snd_up = 0;
  nonagle = 0;
  mss_cache = 0;
  gso_segs = 0;
  tcp_header_len = 0;
  packets_out = 0;
  lost_out = 0;
  retrans_out = 0;
  /** Segments that have arrived behind a gap, as far as duplicate acknowledgements tell. */
  sacked_out = 0;
  /** How many duplicates mean a loss. */
  reordering = 3;
  /** Segments that have arrived at the peer. */
  delivered = 0;
  /** Segments that were taken for lost, each as often as it was. */
  lost = 0;
  /** A timeout may have come too early: what is acknowledged next will tell. */
  frto = false;
  // While the window shrinks:
  prior_cwnd = 0;
  prr_delivered = 0;
  prr_out = 0;
  // Measured, in microseconds; the mean times 8, the deviation times 4:
  srtt_us = 0;
  mdev_us = 0;
  mdev_max_us = 0;
  rttvar_us = 0;
  rtt_seq = 0;
  // Whether the congestion window is what holds sending back:
  is_cwnd_limited = false;
  max_packets_out = 0;
  cwnd_usage_seq = 0;
  snd_cwnd_cnt = 0;
  /** When the last acknowledgement came, in ticks. */
  rcv_tstamp = 0;
  /** Where the loss episode began. */
  high_seq = 0;
  snd_cwnd = 0;
  snd_ssthresh = 0;
  bytes_acked = 0;
  total_rto = 0;
  retrans_stamp = 0;
  /** Segments that were sent again. */
  total_retrans = 0;
  /** A timeout has made the congestion window small. */
  undo_marker = false;
  notsent_lowat = 0;

  sk_reuseport_cb: sock_reuseport | null = null;
  /** What a send leaves to the SYN. */
  fastopen_req: tcp_fastopen_request | null = null;
  /** The request of a connection that a SYN with data has made, until it is confirmed. */
  fastopen_rsk: request_sock | null = null;
  /** connect() was called; the SYN waits for the first write. */
  DEFER_CONNECT = false;
  /** The SYN brought a cookie or asked for one; it brought data. */
  syn_fastopen = false;
  syn_data = false;

  // Receiving. The first two are read by pollers without the lock:
  rcv_nxt = 0;
  copied_seq = 0;
  /** rcv_nxt when the last window was announced. */
  rcv_wup = 0;
  rcv_wnd = 0;
  window_clamp = 0;
  rcv_ssthresh = 0;
  advmss = 0;
  /** How much of a buffer's memory is data, in 256ths. */
  scaling_ratio = 0;
  /** TCP_URG_* and the urgent byte. */
  urg_data = 0;
  urg_seq = 0;
  /** Segments beyond rcv_nxt, in order. */
  readonly out_of_order_queue: TcpSegment[] = [];
  readonly rcvq_space: { seq: number; time: number; space: number } = { seq: 0, time: 0, space: 0 };
  readonly rcv_rtt_est: { seq: number; time: number; rtt_us: number } = {
    seq: 0,
    time: 0,
    rtt_us: 0,
  };
  /** The time stamp that a round trip was measured by last. */
  rcv_rtt_last_tsecr = 0;
  last_oow_ack_time = 0;

  // Options:
  linger2 = 0;
  keepalive_time = 0;
  keepalive_intvl = 0;
  keepalive_probes = 0;
  thin_lto = 0;
  save_syn = 0;
  recvmsg_inq = 0;
  fastopen_connect = 0;
  fastopen_no_cookie = 0;
  tcp_tx_delay = 0;

  // Ours:
  /** sk_dst_cache->dev: where its packets leave. */
  sk_dst_dev: net_device;
  /** Among the sockets whose delayed ACK is due when nothing else happens. */
  readonly delack: list_head<tcp_sock> = new list_head<tcp_sock>(this);
  /** Receive calls so far; see tcp_rcv_space_adjust(). */
  receives = 0;
  /** Bytes that were cut from the page which send buffers are cut from. */
  frag_offset = 0;

  constructor(net: net) {
    super(net, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    this.sk_dst_dev = net.loopback_dev;
  }

  override get sk_prot(): proto {
    return tcp_prot;
  }
  override hasRoute(): boolean {
    return !inState(this, TCPF_CLOSE | TCPF_LISTEN);
  }
  override keepalive(on: boolean): void {
    tcp_set_keepalive(this, on);
  }
  override sk_write_space(): Kernel<void> {
    return sk_stream_write_space(this);
  }
  override sk_backlog_rcv(skb: sk_buff): Kernel<void> {
    return tcp_v4_do_rcv(this, skb as TcpSegment);
  }
  override release_cb(): Kernel<void> {
    return tcp_release_cb(this);
  }

  /** tcp_stream_memory_free(): TCP_NOTSENT_LOWAT. */
  stream_memory_free(wake: number): boolean {
    const limit = this.notsent_lowat === 0 ? 0xffff_ffff : this.notsent_lowat;
    const notsent_bytes = (this.write_seq - this.snd_nxt) >>> 0;
    return notsent_bytes * (wake === 1 ? 2 : 1) < limit;
  }
}
