import type { Kernel } from '../../kernel/op.ts';
import { SOCK_RCVBUF_LOCK } from '../sock.ts';
import { sysctl_tcp_rmem } from './netns.ts';
import { tcp_data_ready } from './tcp_data_queue.ts';
import type { tcp_sock } from './tcp_sock.ts';
import { tcp_space_from_win } from './tcp_window.ts';

/** SO_RCVLOWAT: readers wait for so many bytes, which must fit the buffer. Linux: net/ipv4/tcp.c. */
export function* tcp_set_rcvlowat(sk: tcp_sock, val: number): Kernel<number> {
  const fixed = (sk.sk_userlocks & SOCK_RCVBUF_LOCK) !== 0;
  const cap = (fixed ? sk.sk_rcvbuf : sysctl_tcp_rmem[2]) >> 1;
  const lowat = Math.min(val, cap);
  sk.sk_rcvlowat = lowat === 0 ? 1 : lowat;
  yield* tcp_data_ready(sk); // There may be enough already.
  if (fixed) return 0;
  const space = tcp_space_from_win(sk, lowat);
  if (space > sk.sk_rcvbuf) {
    sk.sk_rcvbuf = space;
    if (sk.window_clamp !== 0 && sk.window_clamp < lowat) sk.window_clamp = lowat;
  }
  return 0;
}
