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

/** Calls `found` with every part of an object and the shortest path of members that leads to it. */
export function eachPart(object: object, found: (part: object, path: string) => void): void {
  const seen = new Set<object>([object]);
  const level: { owner: object; prefix: string }[] = [{ owner: object, prefix: '' }];
  for (let at = level.shift(); at !== undefined; at = level.shift()) {
    for (const [key, member] of Object.entries(at.owner)) {
      if (!isLock(member) && !hasParts(member)) continue;
      // A socket's peer is another file's.
      if (seen.has(member) || (at.owner instanceof sock && member instanceof sock)) continue;
      seen.add(member);
      found(member, at.prefix + key);
      if (hasParts(member)) level.push({ owner: member, prefix: `${at.prefix}${key}.` });
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
