/** What fdinfo shows of a socket. Linux: net/unix/af_unix.c (unix_show_fdinfo). */
import type { Kernel } from '../../kernel/op.ts';
import { spin_lock, spin_unlock } from '../../kernel/spinlock.ts';
import { SOCK_DGRAM } from '../../kernel/uapi/socket.ts';
import { type sock, TCP_ESTABLISHED, TCP_LISTEN } from '../sock.ts';
import type { socket } from '../socket.ts';

/** How many open files wait in the messages of a socket. Called with the queue's lock held. */
const filesIn = ({ sk_receive_queue }: sock): number =>
  sk_receive_queue.list.toArray().reduce((sum, { fp }) => sum + (fp?.length ?? 0), 0);

/** Those of the connections that nobody has accepted yet. Called with the queue's lock held. */
const unix_count_nr_fds = (sk: sock): number =>
  sk.sk_receive_queue.list
    .toArray()
    .reduce((sum, skb) => sum + (skb.sk === null ? 0 : filesIn(skb.sk)), 0);

export function* unix_show_fdinfo(m: string[], sock: socket): Kernel<void> {
  const { sk } = sock;
  if (sk === null) return;
  const { sk_state } = sk;
  let nr_fds = 0;
  yield spin_lock(sk.sk_receive_queue.lock);
  if (sock.type === SOCK_DGRAM || sk_state === TCP_ESTABLISHED) nr_fds = filesIn(sk);
  else if (sk_state === TCP_LISTEN) nr_fds = unix_count_nr_fds(sk);
  spin_unlock(sk.sk_receive_queue.lock);
  m.push(`scm_fds: ${nr_fds}`);
}
