/** The open files of a machine, as far as liberties concern them. */
import { type epitem, eventpoll } from '../../kernel/eventpoll/types.ts';
import { FMODE_READ, FMODE_WRITE, type file } from '../../kernel/file.ts';
import { Takes, type Touch, touchOf } from '../../kernel/footprint.ts';
import type { Globals } from '../../kernel/globals.ts';
import type { Kernel } from '../../kernel/op.ts';
import { pipe_inode_info } from '../../kernel/pipe_fs_i.ts';
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from '../../kernel/uapi/eventpoll.ts';
import { O_DIRECT } from '../../kernel/uapi/fcntl.ts';
import { SOCK_STREAM } from '../../kernel/uapi/socket.ts';
import { type wait_queue_head, wake_up_interruptible_sync_poll } from '../../kernel/wait.ts';
import { tcp_sock } from '../../net/ipv4/tcp_sock.ts';
import { TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_LISTEN } from '../../net/sock.ts';
import { sock_from_file, type socket } from '../../net/socket.ts';

/** A file, and the lowest descriptor of the first process that has it open. */
export interface Opened {
  readonly f: file;
  readonly fd: number;
}

/** Each open file once. */
export function openFiles(kernel: Globals): Opened[] {
  const found: Opened[] = [];
  const seen = new Set<unknown>();
  for (const { files } of kernel.tasks.values()) {
    if (seen.has(files)) continue;
    seen.add(files);
    for (const [fd, f] of files.fd.entries()) {
      if (f === null || f === undefined || seen.has(f)) continue;
      seen.add(f);
      found.push({ f, fd });
    }
  }
  return found;
}

export const instanceOf = ({ private_data }: file): eventpoll | null =>
  private_data instanceof eventpoll ? private_data : null;

export const isPipe = ({ private_data }: file): boolean => private_data instanceof pipe_inode_info;

/** What a file is an end of: a pipe, or the sock of a connected stream; null for other files. */
export function streamOf(f: file): { readonly identity: number } | null {
  if (f.private_data instanceof pipe_inode_info) return f.private_data;
  const sock = sock_from_file(f);
  const { sk, type } = sock ?? { sk: null, type: 0 };
  return sk === null || type !== SOCK_STREAM || sk.sk_state === TCP_LISTEN ? null : sk;
}

/** Is it a stream that can be read, or written, in pieces? */
export function isDivisible(f: file, writes: boolean): boolean {
  if ((f.f_mode & (writes ? FMODE_WRITE : FMODE_READ)) === 0) return false;
  if (f.private_data instanceof pipe_inode_info) return (f.f_flags & O_DIRECT) === 0;
  const { sk } = f.private_data as socket;
  return sk !== null && sk.sk_state === TCP_ESTABLISHED;
}

/** The TCP connection of a file, while it is one. */
export function connectionOf(f: file): tcp_sock | null {
  const sk = sock_from_file(f)?.sk ?? null;
  if (!(sk instanceof tcp_sock)) return null;
  return sk.sk_state === TCP_ESTABLISHED || sk.sk_state === TCP_CLOSE_WAIT ? sk : null;
}

/** What a wakeup of the file touches: the ready lists of those that watch it, and who watches these. */
export function watchersOf({ f_ep }: file): Touch[] {
  const found: Touch[] = [];
  for (let node = f_ep?.first ?? null; node !== null; node = node.next) {
    const { ep } = node.owner as epitem;
    found.push(touchOf((ep.rwlock ?? ep.lock).identity, Takes));
    if (ep.file !== null) found.push(...watchersOf(ep.file));
  }
  return found;
}

/** Where those wait who are to hear that there is something to read. */
export const readersOf = ({ private_data }: file): wait_queue_head =>
  private_data instanceof pipe_inode_info ? private_data.rd_wait : (private_data as socket).wq;

/** Wakes whoever waits to read, or to write. */
export function* wakeWatchers(f: file, writes: boolean): Kernel<void> {
  const { private_data } = f;
  if (private_data instanceof pipe_inode_info) {
    const queue = writes ? private_data.wr_wait : private_data.rd_wait;
    const key = writes ? EPOLLOUT | EPOLLWRNORM : EPOLLIN | EPOLLRDNORM;
    yield* wake_up_interruptible_sync_poll(queue, key);
    return;
  }
  const sock = private_data as socket;
  if (sock.sk === null) return;
  if (writes) sock.SOCK_NOSPACE = true;
  yield* writes ? sock.sk.sk_write_space() : sock.sk.sk_data_ready();
}
