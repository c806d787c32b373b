/** What a call that may sleep waits for: which files, and which of their events. */
import type { file } from '../../kernel/file.ts';
import { pipe_inode_info } from '../../kernel/pipe_fs_i.ts';
import type { task_struct } from '../../kernel/sched.ts';
import type { fd_set_bits, pollfd } from '../../kernel/select.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDBAND,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from '../../kernel/uapi/eventpoll.ts';
import { AF_INET, MSG_CMSG_CLOEXEC, MSG_NOSIGNAL } from '../../kernel/uapi/socket.ts';
import type { socket } from '../../net/socket.ts';

/** A file whose event ends the sleep. */
export interface Asked {
  readonly file: file;
  /** EPOLL* bits: what the call waits for. */
  readonly mask: number;
  /** The call does not sleep while poll() says one of `mask`. */
  readonly exactly: boolean;
}

const ENDS: number = EPOLLERR | EPOLLHUP;
const READABLE: number = EPOLLIN | EPOLLRDNORM;
const WRITABLE: number = EPOLLOUT | EPOLLWRNORM;
// As select() groups them (kernel/select.ts).
const IN_SET: number = READABLE | EPOLLRDBAND | ENDS;
const OUT_SET: number = WRITABLE | EPOLLWRBAND | EPOLLERR;

/** What the task asks for as it begins with the call; empty for calls that wait for no file. */
export function askedBy(task: task_struct, call: string, args: readonly unknown[]): Asked[] {
  const table = task.files.fd;
  const ask = (fd: unknown, mask: number, exactly = true): Asked[] => {
    const file = table[fd as number] ?? null;
    return file === null ? [] : [{ file, mask, exactly }];
  };
  const [first] = args;
  switch (call) {
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'epoll_pwait2':
    case 'accept4':
      return ask(first, READABLE);
    case 'read':
    case 'readv':
      return ask(first, READABLE | ENDS);
    case 'recvfrom':
      return ask(first, READABLE | ENDS, isPlain(args[3]));
    case 'recvmsg':
      return ask(first, READABLE | ENDS, isPlain(args[2]));
    case 'write':
    case 'writev':
      // Others may want more room than poll() speaks of.
      return ask(first, WRITABLE, table[first as number]?.private_data instanceof pipe_inode_info);
    case 'sendto':
    case 'sendmsg':
      return ask(first, WRITABLE, false);
    case 'connect':
      return ask(first, WRITABLE, isInet(table[first as number] ?? null));
    case 'poll':
    case 'ppoll':
      return (first as readonly pollfd[]).flatMap(({ fd, events }) => ask(fd, events | ENDS));
    case 'select':
    case 'pselect6':
      return askedBySelect(args[1] as fd_set_bits, ask);
    default:
      return [];
  }
}

type Ask = (fd: unknown, mask: number) => Asked[];

const askedBySelect = (sets: fd_set_bits, ask: Ask): Asked[] => [
  ...[...sets.in].flatMap((fd) => ask(fd, IN_SET)),
  ...[...sets.out].flatMap((fd) => ask(fd, OUT_SET)),
  ...[...sets.ex].flatMap((fd) => ask(fd, EPOLLPRI)),
];

/** MSG_WAITALL, MSG_PEEK, MSG_OOB … wait for other things than poll() speaks of. */
const isPlain = (flags: unknown): boolean =>
  ((flags as number) & ~(MSG_NOSIGNAL | MSG_CMSG_CLOEXEC)) === 0;

const isInet = (f: file | null): boolean =>
  (f?.private_data as Partial<socket> | null | undefined)?.ops?.family === AF_INET;
