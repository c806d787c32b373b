/** Calls by what they do, under the names that a trace has for them. */

/** Those that wait for events of an epoll instance. */
export const epollWaits: ReadonlySet<string> = new Set([
  'epoll_wait',
  'epoll_pwait',
  'epoll_pwait2',
]);

/** Those that take something out of a file. */
export const takers: ReadonlySet<string> = new Set([
  'read',
  'readv',
  'recvfrom',
  'recvmsg',
  'accept4',
]);

/** Those that put something into a file, or send it. */
export const givers: ReadonlySet<string> = new Set(['write', 'writev', 'sendto', 'sendmsg']);
