/** What a UDP socket has ready. Linux: net/ipv4/udp.c (udp_poll). */
import { current } from '../../kernel/current.ts';
import type { file } from '../../kernel/file.ts';
import type { Kernel } from '../../kernel/op.ts';
import type { poll_table } from '../../kernel/poll.ts';
import { __fentry__ } from '../../kernel/trace.ts';
import { EPOLLIN, EPOLLRDNORM } from '../../kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../kernel/uapi/fcntl.ts';
import { datagram_poll } from '../datagram.ts';
import { skb_queue_empty } from '../skbuff.ts';
import { RCV_SHUTDOWN } from '../sock.ts';
import type { socket } from '../socket.ts';
import { first_packet_length } from './udp_queue.ts';
import type { udp_sock } from './udp_sock.ts';

const READABLE: number = EPOLLIN | EPOLLRDNORM;

/**
 * For a file that blocks, a look at the first datagram makes sure that a read would find it. (Where a
 * checksum is wrong, it is dropped instead.)
 */
export function* udp_poll(file: file, sock: socket, wait: poll_table): Kernel<number> {
  __fentry__('udp_poll');
  let mask = yield* datagram_poll(file, sock, wait);
  const sk = sock.sk as udp_sock;
  if (!current.kernel.alone) yield sk.reader_queue.look;
  if (!skb_queue_empty(sk.reader_queue)) mask |= READABLE;
  const blocks = (mask & EPOLLRDNORM) !== 0 && (file.f_flags & O_NONBLOCK) === 0;
  if (blocks && (sk.sk_shutdown & RCV_SHUTDOWN) === 0) {
    if ((yield* first_packet_length(sk)) === -1) mask &= ~READABLE;
  }
  return mask;
}
