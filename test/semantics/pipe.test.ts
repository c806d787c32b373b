/** Event loops and pipes: room is counted in slots of a page, and wakeups are sent sparingly. */
import { expect, test } from 'vitest';
import { EAGAIN } from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
} from '../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import { pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { parkAlone, readText } from './scenes.ts';

const bytes = (n: number): Uint8Array => new Uint8Array(n);

/** LTP 860, Android's Realm: 5.5 sent the second event no more, 3b844826b6c6 (5.14) sends it again. */
test('each write is an edge, though the pipe was not empty', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN | EPOLLET);
    yield* sys.write(w, 'one');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* sys.write(w, 'two');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, r)).toBe('onetwo');
  });
});

/** A large write fills many slots, but its reader is woken once, when the first is filled. */
test.each([
  [1, 1],
  [60_000, 1],
])('a write of %i bytes makes %i wakeup', (length, wakeups) => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [r, w] = yield* sys.pipe2(0);
    for (const name of ['t1', 't2', 't3']) {
      yield* parkAlone(sys, r, woken, name, EPOLLIN | EPOLLEXCLUSIVE);
    }
    yield* sys.write(w, bytes(length));
    yield* pause(sys);
    expect(woken).toHaveLength(wakeups);
  });
});

/** A self-pipe with ET and one read an event: a byte that is left over is not mentioned again. */
test('a read that leaves bytes behind is no edge for the reader', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN | EPOLLET);
    yield* sys.write(w, 'hello');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, r, 2)).toBe('he');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** The writer of a full pipe hears nothing of small reads: a slot is free when its last byte is. */
test('a full pipe becomes writable when a whole page has been read, not before', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT);
    expect(yield* sys.write(w, bytes(65536))).toBe(65536);
    yield* sys.read(r, bytes(4095));
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* sys.write(w, 'x')).toBe(-EAGAIN);
    yield* sys.read(r, bytes(1));
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* sys.write(w, 'x')).toBe(1);
  });
});

/** "Writable" is a promise for one byte: a large write may still be cut short. */
test('a writable pipe may take only a part of a large write', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT);
    yield* sys.write(w, bytes(65536));
    yield* sys.read(r, bytes(4096));
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* sys.write(w, bytes(10_000))).toBe(4096);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Small records: sixteen pages are not sixteen writes, since a write fills up the last page. */
test('small writes share a page and leave the pipe writable', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT);
    for (let i = 0; i < 20; i++) yield* sys.write(w, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* readText(sys, r)).toBe('x'.repeat(20));
  });
});

/** The same records, one page each by their size: the pipe is full though half its bytes are unused. */
test('sixteen writes that do not fit together fill a pipe', () => {
  inMachine(function* (sys) {
    const [, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT);
    for (let i = 0; i < 16; i++) yield* sys.write(w, bytes(2049));
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* sys.write(w, bytes(2048))).toBe(-EAGAIN);
  });
});

/** An ET writer (a proxy that splices): the edge of room comes once, when full turns to not full. */
test('only the read that ends fullness is an edge for the writer', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT | EPOLLET);
    yield* sys.write(w, bytes(65536));
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.read(r, bytes(4096));
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.read(r, bytes(8192));
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** A child that writes its last words and ends: both are one event, and HUP stays. */
test('last words and the end of the writer are one edge', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN | EPOLLET);
    yield* sys.write(w, 'bye');
    yield* sys.close(w);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLHUP]);
    expect(yield* readText(sys, r)).toBe('bye');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, r)).toBe('');
  });
});

/** The parent that forgot to close its copy of the write end: the reader waits for ever. */
test('a pipe does not hang up while any copy of its write end is open', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN);
    const copy = yield* sys.dup(w);
    yield* sys.close(w);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.close(copy);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** Masks copied from sockets: each end of a pipe knows one direction. */
test('the read end never reports room, nor the write end input', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const reader = yield* watch(sys, r, EPOLLOUT);
    const writer = yield* watch(sys, w, EPOLLIN);
    yield* sys.write(w, 'x');
    expect(yield* reported(sys, reader)).toEqual([]);
    expect(yield* reported(sys, writer)).toEqual([]);
  });
});

/** A full pipe whose reader dies: ERR alone, so a loop that writes on OUT only never finds out. */
test('a full pipe without readers reports an error and no room', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT);
    yield* sys.write(w, bytes(65536));
    yield* sys.close(r);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR]);
  });
});
