/** What of a file nobody has taken out yet. */
import { eventfd_ctx } from '../../kernel/eventfd.ts';
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import type { file } from '../../kernel/file.ts';
import { pipe_inode_info } from '../../kernel/pipe_fs_i.ts';
import type { task_struct } from '../../kernel/sched.ts';
import { timerfd_ctx } from '../../kernel/timerfd.ts';
import { EPOLLIN, EPOLLPRI, EPOLLRDNORM } from '../../kernel/uapi/eventpoll.ts';
import { SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import { TCP_LISTEN } from '../../net/sock.ts';
import { type socket, socket_file_ops } from '../../net/socket.ts';
import { readyNow } from '../../trace/readiness.ts';

/** Is it a file of which programs want to know that something happened, and need not read it? */
export const isNotice = ({ private_data }: file): boolean =>
  private_data instanceof eventfd_ctx || private_data instanceof timerfd_ctx;

/** What lies in the file, as "where 3 bytes are unread"; null for nothing, or for its end alone. */
export function unread(f: file, task: task_struct): string | null {
  const { private_data } = f;
  if (private_data instanceof pipe_inode_info) {
    const bytes = private_data.bufs.toArray().reduce((sum, { len }) => sum + len, 0);
    return isReadable(f, task) ? amount(bytes, 'byte is', 'bytes are') : null;
  }
  if (!isReadable(f, task)) return null;
  if (private_data instanceof eventpoll) return 'where events wait';
  return f.f_op === socket_file_ops
    ? unreadOf(private_data as socket)
    : 'where something is unread';
}

const isReadable = (f: file, task: task_struct): boolean =>
  readyNow(f, EPOLLIN | EPOLLRDNORM | EPOLLPRI, task) !== 0;

function unreadOf({ sk }: socket): string | null {
  if (sk === null) return null;
  const { sk_receive_queue, sk_state, sk_type } = sk;
  if (sk_state === TCP_LISTEN) return 'where a connection waits to be accepted';
  const packets = sk_receive_queue.list.toArray();
  if (sk_type !== SOCK_STREAM) return amount(packets.length, 'packet is', 'packets are');
  const bytes = packets.reduce((sum, { len }) => sum + len, 0);
  return amount(bytes, 'byte is', 'bytes are');
}

const amount = (count: number, one: string, more: string): string | null =>
  count === 0 ? null : `where ${count} ${count === 1 ? one : more} unread`;
