/**
 * Telling writers that there is room. Linux: net/ipv4/tcp_input.c (tcp_check_space).
 *
 * Nobody is told unless SOCK_NOSPACE is set: by a send that found the buffer full, or by a poller
 * that saw it so. The poller sets the flag and looks at the buffer again; whoever makes room does
 * that first and looks at the flag then. So one of the two sees what the other did.
 */
import { smp_mb } from '../../kernel/barrier.ts';
import { current } from '../../kernel/current.ts';
import type { Kernel } from '../../kernel/op.ts';
import { __fentry__, traceFact } from '../../kernel/trace.ts';
import { tcp_should_expand_sndbuf, tcp_sndbuf_expand } from './tcp_cong.ts';
import type { tcp_sock } from './tcp_sock.ts';

/** Called whenever there may be more room. */
export function* tcp_check_space(sk: tcp_sock): Kernel<void> {
  if (current.kernel.patched['3c7151275c0c']) yield* smp_mb(); // The room is there before the look.
  if (!current.kernel.alone) yield sk.look; // The room is there; who wants to know of it?
  if (sk.sk_socket === null) return;
  if (!sk.sk_socket.SOCK_NOSPACE) {
    traceFact('not asked for room', sk);
    return;
  }
  __fentry__('tcp_new_space');
  if (tcp_should_expand_sndbuf(sk)) tcp_sndbuf_expand(sk);
  yield* sk.sk_write_space();
}
