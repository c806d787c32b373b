/**
 * Views of open files other than epoll instances, and of the wait queues of all of them.
 */

import { eventfd_ctx } from '../../kernel/eventfd.ts';
import { eppoll_entry, eventpoll } from '../../kernel/eventpoll/types.ts';
import type { file } from '../../kernel/file.ts';
import type { Globals } from '../../kernel/globals.ts';
import { dueAt } from '../../kernel/hrtimer.ts';
import { pipe_inode_info } from '../../kernel/pipe_fs_i.ts';
import type { task_struct } from '../../kernel/sched.ts';
import { maskShown, signalfd_ctx } from '../../kernel/signalfd.ts';
import { timerfd_ctx } from '../../kernel/timerfd.ts';
import { errnoName } from '../../kernel/uapi/names.ts';
import { WQ_FLAG_EXCLUSIVE, wait_queue_head } from '../../kernel/wait.ts';
import * as states from '../../net/sock.ts';
import { type socket, socket_file_ops } from '../../net/socket.ts';
import { kindOf, partsOf } from '../parts.ts';

type NameOf = (object: object) => string;

export interface Descriptor {
  /** The process. */
  readonly tgid: number;
  readonly fd: number;
}

/** A file that some descriptor, or some item, refers to. */
export interface OpenFile {
  readonly file: file;
  readonly descriptors: Descriptor[];
}

/** Somebody on a wait queue. */
export interface Waiter {
  /** A task, or an item that watches. */
  readonly name: string;
  /** What waits: a task, an item of an epoll instance, or something else. */
  readonly kind: 'task' | 'item' | 'other';
  /** Whether a wakeup ends here: WQ_FLAG_EXCLUSIVE. */
  readonly exclusive: boolean;
}

/** A wait queue of a file. */
export interface QueueView {
  /** What it is called in traces. */
  readonly name: string;
  /** Who is on it, the first to be woken first. */
  readonly waiters: readonly Waiter[];
}

/** An open file that is no epoll instance. */
export interface FileView {
  /** What it is called in traces: `pipe4`. */
  readonly name: string;
  /** What it is: `pipe`, `eventfd`, `tcp`, … */
  readonly kind: string;
  /** The descriptors by which it is open. */
  readonly descriptors: readonly Descriptor[];
  /** What it holds: bytes, counters, states. */
  readonly state: Readonly<Record<string, string | number>>;
  /** Its wait queues that somebody is on. */
  readonly queues: readonly QueueView[];
}

/** Every open file, in the order of the descriptors. */
export function filesOf(kernel: Globals): OpenFile[] {
  const found = new Map<file, OpenFile>();
  const add = (f: file): OpenFile => {
    let open = found.get(f);
    if (open === undefined) found.set(f, (open = { file: f, descriptors: [] }));
    return open;
  };
  const tables = new Set<unknown>();
  for (const { files, tgid } of kernel.tasks.values()) {
    if (tables.has(files)) continue;
    tables.add(files);
    files.fd.forEach((f, fd) => {
      if (f !== null) add(f).descriptors.push({ tgid, fd });
    });
  }
  // An item keeps its file known, and its instance, after their descriptors are gone.
  for (const f of found.keys()) {
    if (f.private_data instanceof eventpoll) {
      for (const epi of f.private_data.rbr.tree.keys) add(epi.ffd.file);
    }
    for (const epi of f.f_ep ?? []) if (epi.ep.file !== null) add(epi.ep.file);
  }
  const place = ({ descriptors: [first] }: OpenFile): number => first?.fd ?? Number.MAX_VALUE;
  return [...found.values()].sort((a, b) => place(a) - place(b) || a.file.address - b.file.address);
}

/** Who is on a queue, the first to be woken first. */
export function waitersOf(queue: wait_queue_head, name: NameOf): Waiter[] {
  return [...queue.head].map((entry) => ({
    name: name(entry),
    kind: entry.private !== null ? 'task' : entry instanceof eppoll_entry ? 'item' : 'other',
    exclusive: (entry.flags & WQ_FLAG_EXCLUSIVE) !== 0,
  }));
}

/** Every queue of files and tasks, with the tasks on it. */
export function queuesOf(
  kernel: Globals,
  files: readonly OpenFile[],
  name: NameOf,
): { readonly name: string; readonly tasks: ReadonlySet<task_struct> }[] {
  const queues = new Set<wait_queue_head>();
  for (const { file } of files) {
    for (const { part } of partsOf(file)) if (part instanceof wait_queue_head) queues.add(part);
  }
  for (const task of kernel.tasks.values()) queues.add(task.exited);
  return [...queues].map((queue) => {
    const tasks = new Set<task_struct>();
    for (const entry of queue.head) if (entry.private !== null) tasks.add(entry.private);
    return { name: name(queue), tasks };
  });
}

export function fileViews(files: readonly OpenFile[], name: NameOf): FileView[] {
  const views: FileView[] = [];
  const seen = new Set<object>();
  for (const { file: f, descriptors } of files) {
    if (f.private_data instanceof eventpoll || typeof f.private_data !== 'object') continue;
    const queues: QueueView[] = [];
    for (const { part } of partsOf(f)) {
      if (!(part instanceof wait_queue_head) || seen.has(part)) continue;
      seen.add(part);
      const waiters = waitersOf(part, name);
      if (waiters.length > 0) queues.push({ name: name(part), waiters });
    }
    if (f.private_data === null) continue;
    views.push({ name: name(f), kind: kindOf(f), descriptors, state: stateOf(f), queues });
  }
  return views;
}

/** What a file holds: bytes, counters, states. */
export function stateOf(f: file): FileView['state'] {
  const data = f.private_data;
  if (data instanceof eventfd_ctx) return { count: data.count.value.toString() };
  if (data instanceof pipe_inode_info) return pipeState(f, data);
  if (data instanceof timerfd_ctx) return timerState(data);
  if (data instanceof signalfd_ctx) return { sigmask: maskShown(data) };
  if (f.f_op === socket_file_ops) return socketState(data as socket);
  return f.f_op.shown?.(f) ?? {};
}

function pipeState(f: file, pipe: pipe_inode_info): FileView['state'] {
  const bytes = pipe.bufs.toArray().reduce((sum, { len }) => sum + len, 0);
  const slots = `${pipe.bufs.length}/${pipe.max_usage}`;
  return { end: (f.f_flags & 1) === 0 ? 'read' : 'write', bytes, slots };
}

function timerState({ ticks, tintv, tmr }: timerfd_ctx): FileView['state'] {
  const state: Record<string, string | number> = { ticks };
  if (tintv !== 0) state.period_ns = tintv;
  if (tmr.queued) state.expires_ns = dueAt(tmr);
  return state;
}

const stateNames: ReadonlyMap<unknown, string> = new Map(
  Object.entries(states)
    .filter(([name]) => name.startsWith('TCP_'))
    .map(([name, value]) => [value, name.slice(4)]),
);
const shutdowns: readonly string[] = ['', 'receiving', 'sending', 'both ways'];

function socketState({ sk, ops }: socket): FileView['state'] {
  if (sk === null) return { protocol: ops.name };
  const unread = sk.sk_receive_queue.list.toArray().reduce((sum, { len }) => sum + len, 0);
  const state: Record<string, string | number> = {
    protocol: ops.name,
    state: stateNames.get(sk.sk_state) ?? sk.sk_state,
  };
  if (sk.sk_num !== 0) state.port = sk.sk_num;
  if (sk.sk_state === states.TCP_LISTEN) state.waiting = sk.sk_ack_backlog;
  else state.unread = unread;
  if (sk.sk_shutdown !== 0) state.shut = shutdowns[sk.sk_shutdown] ?? sk.sk_shutdown;
  if (sk.sk_err !== 0) state.error = errnoName(sk.sk_err);
  return state;
}
