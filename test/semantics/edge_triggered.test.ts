/**
 * Edge-triggered: an item is reported once for each wakeup of its file, however much there is to
 * do, and nobody reminds the program of what it left undone.
 */
import { expect, test } from 'vitest';
import { EAGAIN } from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from '../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import { AF_UNIX, SHUT_WR, SOCK_DGRAM, SOCK_NONBLOCK } from '../../src/kernel/uapi/socket.ts';
import { reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, readText, ready, unixPair } from './scenes.ts';

/** epoll(7), the pipe example: the second wait hangs although there are still bytes to read. */
test('an event is reported once, though nobody reads', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** mio 1076, signal-hook 35: one read an event, and both ends wait for each other for ever. */
test('what a partial read leaves behind is not reported', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'request');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, a, 3)).toBe('req');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Why such programs seem to work under load: the next request brings the rest of the last. */
test('new data is a new event, though the old has not been read', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'one');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* sys.write(b, 'two');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, a)).toBe('onetwo');
  });
});

/** Whoever counts messages by events: an item is queued once, however often its file wakes it. */
test('several writes before epoll_wait are one event', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    yield* sys.write(b, 'y');
    expect(yield* ready(sys, ep)).toEqual([a]);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** A helper thread that reads ahead of the loop: the event of what it took is not delivered late. */
test('an edge whose data is gone before epoll_wait is not reported', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    yield* readText(sys, a);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** tokio registers after the first failed read; data that came between must not be lost. */
test('EPOLL_CTL_ADD of a file that is ready already is an event, once', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    yield* sys.write(b, 'early');
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** asio wakes its reactor like that (an eventfd that is always readable), PostgreSQL its latches. */
test('MOD of a file that is ready is an event, though nothing has happened to it', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* modify(sys, ep, a, EPOLLIN | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** unikraft 1310 got it wrong first: MOD asks the file, it does not just set a mark. */
test('MOD of a file that is not ready is no event', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* modify(sys, ep, a, EPOLLIN | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** tokio and mio (1611) stop at a short read of a stream and save the read that says EAGAIN. */
test('after a short read of a stream the next byte is a new event', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'short');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, a, 64)).toBe('short');
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** The same saving on datagrams loses one: mio 1076 hangs on the second of two. */
test('of two datagrams the second is there without an event of its own', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'first');
    yield* sys.write(b, 'second');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, a, 64)).toBe('first'); // As short as any read of a datagram.
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, a, 64)).toBe('second');
  });
});

/** netty 6199: stop at the short read here, and the end of the stream is never seen. */
test('data and end of stream are one event, and the end is not reported again', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLRDHUP | EPOLLET);
    yield* sys.write(b, 'bye');
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
    expect(yield* readText(sys, a, 64)).toBe('bye');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, a, 64)).toBe('');
  });
});

/** Without EPOLLRDHUP in the mask the shutdown is an event all the same: it wakes with no key. */
test('the end of a stream is an event of its own when it comes later', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'bye');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A loop that closes on HUP only: the news comes once, and has to be acted on then. */
test('a hangup is reported once', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.close(b);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLHUP]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** A writer that registers once and then writes until EAGAIN: room has to be an event by itself. */
test('room that comes after EAGAIN is an event', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, w, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* sys.write(w, new Uint8Array(65536))).toBe(65536);
    expect(yield* sys.write(w, 'x')).toBe(-EAGAIN);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.read(r, new Uint8Array(65536));
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Go 17249: the OUT bit rides along with each IN event and says nothing new. */
test('an event of input carries EPOLLOUT as long as there is room', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLOUT]);
  });
});

/** twemproxy 416, rsyslog 5502: whom the loop puts off it has to remember by itself. */
test('an item that the program puts off is not reported with the next event of another', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const [c, d] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* add(sys, ep, c, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'much to do');
    yield* sys.write(d, 'x');
    expect(yield* ready(sys, ep)).toEqual([a, c]);
    yield* readText(sys, a, 4); // The quota of one turn.
    yield* sys.write(d, 'y');
    expect(yield* ready(sys, ep)).toEqual([c]);
  });
});

/** Two loops on one file (a library beside its host): one's harvest does not use up the other's. */
test('each of two instances gets its own event of one edge', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const mine = yield* watch(sys, a, EPOLLIN | EPOLLET);
    const theirs = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, mine)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, theirs)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, theirs)).toEqual([]);
  });
});
