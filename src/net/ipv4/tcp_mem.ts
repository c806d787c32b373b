/**
 * What the packets of a socket take of memory. Linux: include/net/sock.h (sk_mem_charge),
 * include/net/tcp.h (tcp_wmem_free_skb), net/core/sock.c.
 *
 * Memory is taken from the system in pages, ahead of need: `sk_forward_alloc` is what is left of
 * them. A segment that fits what is left takes the short way through tcp_rcv_established().
 *
 * Differs from Linux: the system always has pages to give.
 */
import { skb_set_owner_r } from '../sock.ts';
import { __kfree_skb, type TcpSegment } from './tcp_skb.ts';
import type { tcp_sock } from './tcp_sock.ts';

const PAGE_SIZE = 4096;

/** sk_wmem_schedule(), sk_rmem_schedule(): makes sure that there are `size` bytes ahead. */
export function scheduleMemory(sk: tcp_sock, size: number): void {
  const delta = size - sk.sk_forward_alloc;
  if (delta > 0) sk.sk_forward_alloc += Math.ceil(delta / PAGE_SIZE) * PAGE_SIZE;
}

export function sk_mem_charge(sk: tcp_sock, size: number): void {
  sk.sk_forward_alloc -= size;
}

/** Gives memory back; whole pages go back to the system. */
export function sk_mem_uncharge(sk: tcp_sock, size: number): void {
  const left = sk.sk_forward_alloc + size;
  sk.sk_forward_alloc = left >= PAGE_SIZE ? left % PAGE_SIZE : left;
}

/** Ours: charges a segment to the send buffer. */
export function chargeSent(sk: tcp_sock, size: number): void {
  scheduleMemory(sk, size);
  sk.sk_wmem_queued += size;
  sk_mem_charge(sk, size);
}

/** Takes a segment out of the send buffer and frees it. */
export function tcp_wmem_free_skb(sk: tcp_sock, skb: TcpSegment): void {
  sk.sk_wmem_queued -= skb.truesize;
  sk_mem_uncharge(sk, skb.truesize);
  __kfree_skb(skb);
}

/** Ours: charges a segment to the receive buffer. */
export function chargeReceived(sk: tcp_sock, skb: TcpSegment): void {
  skb_set_owner_r(skb, sk);
  sk_mem_charge(sk, skb.truesize);
}

/** sock_rfree(): takes a segment out of the receive buffer and frees it. */
export function freeReceived(sk: tcp_sock, skb: TcpSegment): void {
  sk.sk_rmem_alloc -= skb.truesize;
  sk_mem_uncharge(sk, skb.truesize);
  __kfree_skb(skb);
}
