/**
 * What an open file consists of, as far as traces and views know it by name: its locks, its wait
 * queues, its socket.
 */

import { eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import { mutex } from '../kernel/mutex.ts';
import { rwlock_t } from '../kernel/rwlock.ts';
import { spinlock_t } from '../kernel/spinlock.ts';
import { wait_queue_head } from '../kernel/wait.ts';
import { sk_buff_head } from '../net/skbuff.ts';
import { sock } from '../net/sock.ts';

const isLock = (value: unknown): value is object =>
  value instanceof spinlock_t || value instanceof mutex || value instanceof rwlock_t;

const hasParts = (value: unknown): value is object =>
  value instanceof wait_queue_head || value instanceof sk_buff_head || value instanceof sock;

/** Calls `found` with every part of an object, and the path of members that leads to it. */
export function eachPart(
  object: object,
  found: (part: object, path: string) => void,
  prefix = '',
  seen: Set<object> = new Set(),
): void {
  for (const [key, member] of Object.entries(object)) {
    if (isLock(member)) found(member, prefix + key);
    if (!hasParts(member) || seen.has(member)) continue;
    seen.add(member);
    found(member, prefix + key);
    // A socket's peer is another file's.
    if (!(object instanceof sock && member instanceof sock)) {
      eachPart(member, found, `${prefix}${key}.`, seen);
    }
  }
}

/** The parts of a file's own object. */
export function partsOf(f: file): { readonly part: object; readonly path: string }[] {
  const { private_data } = f;
  const parts: { part: object; path: string }[] = [];
  if (typeof private_data !== 'object' || private_data === null) return parts;
  eachPart(private_data, (part, path) => parts.push({ part, path }));
  return parts;
}

/** What a file is, in a word. */
export function kindOf(f: file): string {
  if (f.private_data instanceof eventpoll) return 'ep';
  return /[a-z]+$/.exec(f.f_op.name)?.[0] ?? 'file';
}
