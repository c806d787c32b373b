import {
  type Code,
  decodeText,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLRDHUP,
  F_SETFL,
  type Sys,
} from 'epollsim';
import { expect, test } from 'vitest';
import solution from '../../../lab/tasks/07/solution.ts';
import starter from '../../../lab/tasks/07/starter.ts';
import { streamsFrom } from '../../../lab/tasks/07/streams.ts';
import { task } from '../../../lab/tasks/07/task.ts';
import exact from '../../../lab/tasks/07/wrong-exact.ts';
import forgets from '../../../lab/tasks/07/wrong-forgets.ts';
import hangup from '../../../lab/tasks/07/wrong-hangup.ts';
import oneEach from '../../../lab/tasks/07/wrong-one-each.ts';
import readIsMessage from '../../../lab/tasks/07/wrong-read-is-message.ts';
import short from '../../../lab/tasks/07/wrong-short.ts';
import table from '../../../lab/tasks/07/wrong-table.ts';
import untilWhole from '../../../lab/tasks/07/wrong-until-whole.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { accepts, refuses } from '../../support/handed_in.ts';

const edge = EPOLLIN | EPOLLRDHUP | EPOLLET;

accepts(task, 'the solution', solution);
/** MOD looks anew at what is there; the messages are taken apart in the end. */
accepts(task, 'an edge that is asked for', function* (sys: Sys, ep: number, fd: number) {
  const buf = new Uint8Array(4);
  let text = '';
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n: number = yield* sys.read(fd, buf);
    if (n === 0) return takenApart(text);
    text += decodeText(buf.subarray(0, Math.max(0, n)));
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: edge, data: fd });
  }
});
accepts(task, 'to read before the first wait, in two pieces', function* (sys, ep, fd) {
  const pieces = [new Uint8Array(3), new Uint8Array(2)];
  let text = '';
  for (;;) {
    const n: number = yield* sys.readv(fd, pieces);
    if (n === 0) return takenApart(text);
    if (n === -EAGAIN) yield* sys.epoll_wait(ep, 1, -1);
    else text += pieces.map(decodeText).join('').slice(0, n);
  }
});

refuses(task, 'the starter', starter, /sleeps in epoll_wait for ever.*gave 6 bytes/);
refuses(task, 'to take a read for a message', readIsMessage, /two pieces.*message is in parts/);
refuses(task, 'one message a read', oneEach, /Three messages.*whole messages? more had come/);
refuses(task, 'to forget half a message', forgets, /two pieces.*on the way back to sleep/);
refuses(task, 'to sleep when a message is whole', untilWhole, /for ever.*gave 6 bytes/);
refuses(task, 'a short read', short, /sleeps in epoll_wait for ever.*gave 6 bytes/);
refuses(task, 'to stop at EPOLLRDHUP', hangup, /EPOLLRDHUP says that the peer writes no more/);
refuses(task, 'to ask for exactly as much', exact, /room for 1 bytes.*4 to 8/);
refuses(task, 'to know the streams by heart', table, /at random.*returned \[\], and \d whole/);

refuses(task, 'to return at once', function* () {} as Solution, /made no call/);
refuses(task, 'to throw', thrown, /threw an error.*no idea/);
refuses(task, 'no generator', (() => ['hello']) as unknown as Solution, /no generator/);
refuses(task, 'to sleep for ever', asleep, /sleeps for ever/);
refuses(task, 'a blocking socket', blocking, /blocking one/);
refuses(
  task,
  'a number',
  reading(untilEnd, (text) => text.length),
  /returned 6.*array of texts/,
);
refuses(task, 'all in one text', reading(untilEnd, withoutDigits), /Three messages.*put together/);
refuses(task, 'half a message', reading(untilEnd, allOf), /end in the middle.*cuts off is no mess/);
refuses(task, 'to read without waiting', reading(spinning, takenApart), /burns the CPU/);
refuses(task, 'to go round at the end', reading(forEver, takenApart), /gets 0 each time/);
refuses(task, 'a tick', reading(ticking, takenApart), /wake up by a timeout/);
refuses(task, 'to leave an instance open', leaking, /descriptor is left open/);
refuses(task, 'level-triggered', reading(levelled, takenApart), /made the item level-triggered/);

/** A table that knows one of them knows no other; and what is in them is what the task's text says. */
test('the streams are all different, and made of messages', () => {
  const texts = streamsFrom(7, 200).map(({ pieces }) => pieces.join(''));
  expect(new Set(texts).size).toBe(200);
  expect(texts).toEqual(streamsFrom(7, 200).map(({ pieces }) => pieces.join('')));
  for (const { messages, pieces } of streamsFrom(7, 200)) {
    expect(takenApart(pieces.join(''))).toEqual(messages);
    expect(messages.join('')).toMatch(/^[a-z]*$/);
  }
});

function takenApart(text: string): string[] {
  const found = allOf(text);
  return found.filter((one, i) => i < found.length - 1 || text.endsWith(`${one.length}${one}`));
}

/** With what the end has cut off. */
function allOf(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += 1 + Number(text[at])) {
    found.push(text.slice(at + 1, at + 1 + Number(text[at])));
  }
  return found;
}

function withoutDigits(text: string): string[] {
  return [text.replace(/\d/g, '')];
}

type Reader = (sys: Sys, ep: number, fd: number, take: (bytes: Uint8Array) => void) => Code<void>;

/** A solution that reads in this way, and makes that of all the text. */
function reading(reader: Reader, answer: (text: string) => unknown): Solution {
  return function* (sys, ep: number, fd: number) {
    let text = '';
    yield* reader(sys, ep, fd, (bytes) => (text += decodeText(bytes)));
    return answer(text);
  };
}

function* untilEnd(
  sys: Sys,
  ep: number,
  fd: number,
  take: (bytes: Uint8Array) => void,
): Code<void> {
  const buf = new Uint8Array(8);
  for (let n = 1; n !== 0; ) {
    n = yield* sys.read(fd, buf);
    if (n === -EAGAIN) yield* sys.epoll_wait(ep, 1, -1);
    else take(buf.subarray(0, n));
  }
}

function* spinning(sys: Sys, _: number, fd: number, take: (bytes: Uint8Array) => void): Code<void> {
  const buf = new Uint8Array(8);
  for (let n = 1; n !== 0; take(buf.subarray(0, Math.max(0, n)))) n = yield* sys.read(fd, buf);
}

function* forEver(sys: Sys, ep: number, fd: number): Code<void> {
  yield* sys.epoll_wait(ep, 1, -1);
  for (;;) {
    const n = yield* sys.read(fd, new Uint8Array(8));
    if (n === -EAGAIN) yield* sys.epoll_wait(ep, 1, -1);
  }
}

function* ticking(sys: Sys, ep: number, fd: number, take: (bytes: Uint8Array) => void): Code<void> {
  const buf = new Uint8Array(8);
  for (let n = 1; n !== 0; take(buf.subarray(0, Math.max(0, n)))) {
    yield* sys.epoll_wait(ep, 1, 10);
    n = yield* sys.read(fd, buf);
  }
}

function* levelled(
  sys: Sys,
  ep: number,
  fd: number,
  take: (bytes: Uint8Array) => void,
): Code<void> {
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN, data: fd });
  yield* ticking(sys, ep, fd, take);
}

/** Waits in an instance of its own. */
function* leaking(sys: Sys, _ep: number, fd: number): Code<string[]> {
  const own = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(own, EPOLL_CTL_ADD, fd, { events: edge, data: fd });
  return yield* solution(sys, own, fd);
}

function* thrown(): Code<void> {
  throw new Error('no idea');
}

function* asleep(sys: Sys, ep: number): Code<void> {
  for (;;) yield* sys.epoll_wait(ep, 1, -1);
}

function* blocking(sys: Sys, _ep: number, fd: number): Code<string[]> {
  yield* sys.fcntl(fd, F_SETFL, 0);
  const buf = new Uint8Array(8);
  let text = '';
  for (let n = 1; n > 0; text += decodeText(buf.subarray(0, n))) n = yield* sys.read(fd, buf);
  return takenApart(text);
}
