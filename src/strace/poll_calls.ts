/** poll() and select(): their results show what files have. They register nothing, so none is made. */
import { EPOLLIN, EPOLLOUT, EPOLLPRI } from '../kernel/uapi/eventpoll.ts';
import * as uapi from '../kernel/uapi/poll.ts';
import { POLLIN, POLLOUT, POLLPRI } from '../kernel/uapi/poll.ts';
import { type Call, succeeded, type Thread } from './call.ts';
import { fdOf, flagWord, splitArguments } from './text.ts';
import type { World } from './world.ts';

const bits: ReadonlyMap<string, number> = new Map(
  Object.entries(uapi).filter(([name]) => name.startsWith('POLL')) as [string, number][],
);

/** `{fd=3<…>, events=POLLIN}` or `revents=`: each descriptor's text with its word. */
function entriesOf(text: string, member: string): Map<string, number> {
  const found = new Map<string, number>();
  if (!text.startsWith('[')) return found;
  for (const entry of splitArguments(text.slice(1))) {
    const parts = splitArguments(entry.replace(/^\{/, ''));
    const fd = parts.find((part) => part.startsWith('fd='))?.slice(3);
    const word = parts.find((part) => part.startsWith(`${member}=`))?.slice(member.length + 1);
    if (fd !== undefined)
      found.set(fd, word === undefined ? 0 : flagWord(word.replace(/\}$/, ''), bits));
  }
  return found;
}

export function polled(world: World, call: Call): void {
  const { thread, args, returned } = call;
  if (!succeeded(call)) return;
  const asked = entriesOf(args[0] ?? '', 'events');
  const shown =
    returned.ret === 0 ? new Map<string, number>() : entriesOf(returned.more, 'revents');
  const whole = shown.size === returned.ret;
  for (const [text, events] of asked) {
    const fd = Number(/^\d+/.exec(text)?.[0] ?? -1);
    const revents = shown.get(text) ?? [...shown].find(([other]) => fdOf(other)?.fd === fd)?.[1];
    if (revents === undefined && !whole) continue;
    show(world, thread, text, events, revents ?? 0);
  }
}

function show(world: World, thread: Thread, text: string, events: number, revents: number): void {
  const fd = fdOf(text);
  if (fd === null || fd.fd < 0) return;
  const f = world.fileOf(thread, fd);
  if (f === null || f.f_op.poll === undefined || (revents & uapi.POLLNVAL) !== 0) return;
  world.shows(thread, f, events, revents);
}

/** `[3<…> 5<…>]`: the descriptors of a set. */
function setOf(text: string | undefined): string[] {
  if (text === undefined || !text.startsWith('[')) return [];
  const found: string[] = [];
  let depth = 0;
  let begin = 1;
  for (let i = 1; i < text.length; i++) {
    const c = text[i];
    if (c === '<' || c === '[') depth++;
    else if ((c === '>' && text[i - 1] !== '-') || (c === ']' && depth > 0)) depth--;
    else if ((c === ' ' && depth === 0) || c === ']') {
      if (i > begin) found.push(text.slice(begin, i));
      begin = i + 1;
    }
  }
  return found;
}

const sets = [
  ['in', 1, EPOLLIN, POLLIN],
  ['out', 2, EPOLLOUT, POLLOUT],
  ['except', 3, EPOLLPRI, POLLPRI],
] as const;

export function selected(world: World, call: Call): void {
  const { thread, args, returned } = call;
  if (!succeeded(call)) return;
  for (const [name, at, bit] of sets) {
    const ready = new Set(
      setOf(new RegExp(`\\b${name} (\\[[^,]*\\])`).exec(returned.more)?.[1]).map((text) =>
        Number.parseInt(text, 10),
      ),
    );
    for (const text of setOf(args[at])) {
      const fd = fdOf(text);
      const f = fd === null ? null : world.fileOf(thread, fd);
      if (f === null || fd === null || f.f_op.poll === undefined) continue;
      const isReady = ready.has(fd.fd);
      // An end or an error makes a descriptor readable too, and which it is is not shown.
      if (isReady || bit !== EPOLLIN) world.shows(thread, f, bit, isReady ? bit : 0);
      else if ((world.maskOf(f) & EPOLLIN) !== 0) world.shows(thread, f, bit, 0);
    }
  }
}
