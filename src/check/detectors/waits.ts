/**
 * Who could end a sleep: the edges of the graph of who waits for whom.
 *
 * Of a file, whoever has the other end open could, and whoever has the file itself open (by
 * shutdown(), say). What anybody could do has no bounds: connect to a listener, send to a bound
 * socket, send a signal that a handler is there for.
 */
import { eventfd_ctx } from '../../kernel/eventfd.ts';
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import { isLock } from '../../kernel/execute.ts';
import { FMODE_READ, FMODE_WRITE, type file } from '../../kernel/file.ts';
import { heldBy } from '../../kernel/lockdep.ts';
import { mutex } from '../../kernel/mutex.ts';
import { pipe_inode_info } from '../../kernel/pipe_fs_i.ts';
import { rwlock_t } from '../../kernel/rwlock.ts';
import { TASK_DEAD, type task_struct } from '../../kernel/sched.ts';
import { SIG_DFL, SIG_IGN } from '../../kernel/signal.ts';
import { spinlock_t } from '../../kernel/spinlock.ts';
import { timerfd_ctx } from '../../kernel/timerfd.ts';
import { EPOLLIN, EPOLLOUT } from '../../kernel/uapi/eventpoll.ts';
import { AF_INET, AF_UNIX } from '../../kernel/uapi/socket.ts';
import type { inet_sock } from '../../net/ipv4/inet_sock.ts';
import { type sock, TCP_LISTEN } from '../../net/sock.ts';
import { type socket, socket_file_ops } from '../../net/socket.ts';
import type { unix_sock } from '../../net/unix/types.ts';
import type { Scene, Sleeping } from './scene.ts';

/** Tasks; or anybody, from outside of the machine too. */
export type Wakers = readonly task_struct[] | 'anybody';

/** Who could end the sleep. */
export function wakersOf(scene: Scene, sleeping: Sleeping): Wakers {
  const { op, task, call, args, asked } = sleeping;
  if (isLock(op)) return ownersOf(scene, op.target);
  if (op.verb === 'synchronize_rcu') return tasksOf(scene, (t) => t.rcu_read_lock_nesting > 0);
  if (op.verb === 'fault' || hasHandlers(task)) return 'anybody';
  if (op.verb === 'join') return [op.target as task_struct];
  switch (call) {
    case 'futex':
      return tasksOf(scene, ({ pid }) => pid === args[0]);
    case 'wait4':
    case 'waitid':
    case 'vfork':
      return childrenOf(scene, task);
    default:
      if (asked.length === 0) return 'anybody';
      return union(asked.map(({ file, mask }) => wakersOfFile(scene, file, mask, new Set())));
  }
}

const tasksOf = ({ kernel }: Scene, which: (task: task_struct) => boolean): task_struct[] =>
  [...kernel.tasks.values()].filter((task) => task.__state !== TASK_DEAD && which(task));

function ownersOf(scene: Scene, lock: object): Wakers {
  const owner =
    lock instanceof mutex || lock instanceof spinlock_t
      ? lock.owner
      : lock instanceof rwlock_t
        ? lock.writer
        : null;
  if (owner !== null) return [owner];
  return tasksOf(scene, (task) => heldBy(task).some((held) => held === lock));
}

const hasHandlers = ({ sighand }: task_struct): boolean =>
  sighand.action.some(({ handler }) => handler !== SIG_DFL && handler !== SIG_IGN);

const childrenOf = (scene: Scene, { signal }: task_struct): task_struct[] =>
  tasksOf(scene, ({ group_leader }) =>
    signal.threads.some(({ children }) => children.includes(group_leader)),
  );

function union(all: readonly Wakers[]): Wakers {
  const tasks = new Set<task_struct>();
  for (const wakers of all) {
    if (wakers === 'anybody') return wakers;
    for (const task of wakers) tasks.add(task);
  }
  return [...tasks];
}

/** Who could make the file ready. */
function wakersOfFile(scene: Scene, f: file, mask: number, seen: Set<file>): Wakers {
  if (seen.has(f)) return [];
  seen.add(f);
  const { private_data } = f;
  if (private_data instanceof pipe_inode_info) return wakersOfPipe(scene, private_data, mask);
  const own = scene.holdersOf(f);
  if (private_data instanceof eventfd_ctx || private_data instanceof timerfd_ctx) return own;
  if (private_data instanceof eventpoll) {
    const items = private_data.rbr.tree.keys;
    const each = items.map(({ ffd, event }) => wakersOfFile(scene, ffd.file, event.events, seen));
    return union([own, ...each]);
  }
  if (f.f_op !== socket_file_ops) return 'anybody';
  const { sk } = private_data as socket;
  const peer = sk === null ? null : peerOf(scene, sk);
  return peer === null ? 'anybody' : union([own, scene.holdersOf(peer)]);
}

function wakersOfPipe(scene: Scene, pipe: pipe_inode_info, mask: number): Wakers {
  const ends: number[] = [];
  if ((mask & EPOLLIN) !== 0) ends.push(FMODE_WRITE);
  if ((mask & EPOLLOUT) !== 0) ends.push(FMODE_READ);
  return tasksOf(scene, ({ files }) =>
    files.fd.some((f) => f?.private_data === pipe && ends.some((end) => (f.f_mode & end) !== 0)),
  );
}

const isInet = (sk: sock): sk is inet_sock => sk.sk_family === AF_INET;
const isUnix = (sk: sock): sk is unix_sock => sk.sk_family === AF_UNIX;

/** The file at the other end of a connection; null where there is none that is known. */
function peerOf({ files }: Scene, sk: sock): file | null {
  if (sk.sk_state === TCP_LISTEN) return null;
  if (isUnix(sk)) {
    const { peer } = sk;
    return peer !== null && peer.peer === sk ? (peer.sk_socket?.file ?? null) : null;
  }
  if (!isInet(sk) || sk.inet_dport === 0) return null;
  for (const { file: f } of files) {
    if (f.f_op !== socket_file_ops) continue;
    const other = (f.private_data as socket).sk;
    if (other !== null && other !== sk && isInet(other) && areConnected(sk, other)) return f;
  }
  return null;
}

const areConnected = (a: inet_sock, b: inet_sock): boolean =>
  a.sk_type === b.sk_type &&
  a.inet_sport === b.inet_dport &&
  a.inet_dport === b.inet_sport &&
  a.inet_saddr === b.inet_daddr &&
  a.inet_daddr === b.inet_saddr;
