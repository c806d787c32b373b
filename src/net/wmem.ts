/**
 * Send memory: what a sender has under way, and how it waits for room.
 * Linux: net/core/sock.c (sock_alloc_send_pskb, sock_wait_for_wmem, sock_wfree, sock_wmalloc).
 *
 * Invariants: sk_wmem_alloc is one more than the truesize of the packets that are charged to the
 * socket. It changes without a lock, one atomic step at a time: `peekAtWmem` announces each.
 */

import { current } from '../kernel/current.ts';
import { writesTo } from '../kernel/footprint.ts';
import { type Kernel, Op } from '../kernel/op.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../kernel/sched.ts';
import { schedule_timeout } from '../kernel/sleep_timeout.ts';
import { mayKeep } from '../kernel/trace.ts';
import { EAGAIN, EPIPE } from '../kernel/uapi/errno.ts';
import { finish_wait, init_wait, prepare_to_wait } from '../kernel/wait.ts';
import { sk_buff, truesizeOf } from './skbuff.ts';
import {
  SEND_SHUTDOWN,
  sk_sleep,
  type sock,
  sock_error,
  sock_intr_errno,
  sock_sndtimeo,
} from './sock.ts';

/** Ours: announces an access to sk_wmem_alloc. */
export const peekAtWmem = (sk: sock): Op => sk.wmem ?? makePeek(sk);

function makePeek(sk: sock): Op {
  const op = new Op('access', { name: 'sk_wmem_alloc', identity: sk.wmemIdentity });
  if (mayKeep(op)) sk.wmem = op;
  return op;
}

/** truesize of what was sent and is not freed. */
export const sk_wmem_alloc_get = (sk: sock): number => sk.sk_wmem_alloc - 1;

/** Gives a packet's memory back to its sender, and tells the sender of the room. */
export function* sock_wfree(skb: sk_buff): Kernel<void> {
  const sk = skb.sk as sock;
  if (!current.kernel.alone) yield peekAtWmem(sk);
  if (sk.SOCK_RCU_FREE) {
    writesTo(sk.wmemIdentity);
    sk.sk_wmem_alloc -= skb.truesize;
    yield* sk.sk_write_space();
    return;
  }
  writesTo(sk.wmemIdentity);
  sk.sk_wmem_alloc -= skb.truesize - 1; // The last byte keeps the sock while it is woken.
  yield* sk.sk_write_space();
  if (!current.kernel.alone) yield peekAtWmem(sk);
  writesTo(sk.wmemIdentity);
  sk.sk_wmem_alloc--;
}

/** Charges a packet to its sender. */
export function skb_set_owner_w(skb: sk_buff, sk: sock): void {
  skb.sk = sk;
  skb.destructor = sock_wfree;
  writesTo(sk.wmemIdentity);
  sk.sk_wmem_alloc += skb.truesize;
}

const noBytes: Uint8Array = new Uint8Array(0);

/** A small packet, charged to `sk` unless that has no room; null then. */
export function sock_wmalloc(sk: sock, size: number): sk_buff | null {
  if (sk.sk_wmem_alloc >= sk.sk_sndbuf) return null;
  const skb = new sk_buff(noBytes, truesizeOf(size, 0, 0));
  skb_set_owner_w(skb, sk);
  return skb;
}

/** Sleeps until there is room, a reason to give up, or the time is up; what is left of it. */
function* sock_wait_for_wmem(sk: sock, timeo: number): Kernel<number> {
  const wait = init_wait();
  let left = timeo;
  while (left !== 0 && !signal_pending(current)) {
    if (sk.sk_socket !== null) sk.sk_socket.SOCK_NOSPACE = true;
    yield* prepare_to_wait(sk_sleep(sk), wait, TASK_INTERRUPTIBLE);
    if (!current.kernel.alone) yield peekAtWmem(sk);
    if (sk.sk_wmem_alloc < sk.sk_sndbuf) break;
    if (!current.kernel.alone) yield sk.look;
    if ((sk.sk_shutdown & SEND_SHUTDOWN) !== 0 || sk.sk_err !== 0) break;
    left = yield* schedule_timeout(left);
  }
  yield* finish_wait(sk_sleep(sk), wait);
  return left;
}

/** Ours: waits until `sk` has any room at all, as sock_alloc_send_pskb() does; 0 or -errno. */
export function* waitForRoom(sk: sock, noblock: boolean): Kernel<number> {
  let timeo = sock_sndtimeo(sk, noblock);
  for (;;) {
    if (!current.kernel.alone) yield sk.look;
    const err = sock_error(sk);
    if (err !== 0) return err;
    if ((sk.sk_shutdown & SEND_SHUTDOWN) !== 0) return -EPIPE;
    if (!current.kernel.alone) yield peekAtWmem(sk);
    if (sk_wmem_alloc_get(sk) < sk.sk_sndbuf) return 0;
    if (sk.sk_socket !== null) sk.sk_socket.SOCK_NOSPACE = true;
    if (timeo === 0) return -EAGAIN;
    if (signal_pending(current)) return sock_intr_errno(timeo);
    timeo = yield* sock_wait_for_wmem(sk, timeo);
  }
}

/**
 * A packet for so many bytes in its head and in pages, charged to `sk` once that has any room at
 * all; or -errno. The caller fills `data` in.
 */
export function* sock_alloc_send_pskb(
  sk: sock,
  header_len: number,
  data_len: number,
  noblock: boolean,
  max_page_order: number,
): Kernel<sk_buff | number> {
  const err = yield* waitForRoom(sk, noblock);
  if (err !== 0) return err;
  const truesize = truesizeOf(header_len, data_len, max_page_order);
  if (truesize < 0) return truesize;
  const skb = new sk_buff(noBytes, truesize);
  if (!current.kernel.alone) yield peekAtWmem(sk); // Others may have found the same room meanwhile.
  skb_set_owner_w(skb, sk);
  return skb;
}
