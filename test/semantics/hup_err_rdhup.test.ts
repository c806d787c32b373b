/** The three bits that tell of an end: which of them come unasked, when, and what they leave open. */
import { expect, test } from 'vitest';
import { ECONNRESET, EPIPE } from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
} from '../../src/kernel/uapi/eventpoll.ts';
import {
  AF_UNIX,
  MSG_NOSIGNAL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_ERROR,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import { reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, readText, remove, unixPair } from './scenes.ts';

/** CUPS 4605, h2o 603: "events = 0" is not "paused", and the loop runs hot. */
test('a hangup is reported to an empty mask, by every epoll_wait', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, 0);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.close(b);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** The JDK's selector, netty 327: select() returns at once, for ever, without a ready key. */
test('MOD to an empty mask does not silence a file whose peer is gone', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.close(b);
    yield* modify(sys, ep, a, 0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
    yield* modify(sys, ep, a, EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** What netty's rebuilt selector, and every other loop, has to do in the end. */
test('DEL silences a file whose peer is gone', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, 0);
    yield* sys.close(b);
    expect(yield* remove(sys, ep, a)).toBe(0);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Nim 1990, tunneldigger 148: who acts on IN alone never learns of the end, and spins. */
test('a drained pipe without writers reports a hangup and no input', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, r, EPOLLIN);
    yield* sys.write(w, 'last');
    yield* sys.close(w);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLHUP]);
    expect(yield* readText(sys, r)).toBe('last');
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** A logger whose reader has died: ERR is the only bit that says it before write() does. */
test('a pipe without readers is an error for its writer, beside the room', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, w, EPOLLOUT);
    yield* sys.close(r);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLERR]);
  });
});

/** haproxy 169 measured these combinations: a closed peer shows in all three ways at once. */
test('when the peer closes a stream all ends are reported, and room to write too', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    yield* sys.close(b);
    const all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP;
    expect(yield* reported(sys, ep)).toEqual([all]);
    expect(yield* readText(sys, a)).toBe('');
    expect(yield* sys.send(a, 'x', MSG_NOSIGNAL)).toBe(-EPIPE);
  });
});

/** netty 4317: RDHUP says that the end has arrived, not that what stood before it has been read. */
test('EPOLLRDHUP comes while data is still to be read', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLRDHUP);
    yield* sys.write(b, 'tail');
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
    expect(yield* readText(sys, a)).toBe('tail');
    expect(yield* readText(sys, a)).toBe('');
  });
});

/** HTTP clients that shut down their side and wait for the answer: this is no hangup. */
test('half a shutdown is no hangup, and the other direction still works', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLRDHUP);
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
    yield* sys.write(a, 'answer');
    expect(yield* readText(sys, b)).toBe('answer');
  });
});

/** Unlike HUP it has to be asked for; programs older than 2.6.17 see IN and read 0 bytes. */
test('EPOLLRDHUP is reported to those who asked for it', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const plain = yield* watch(sys, a, EPOLLIN);
    const asking = yield* watch(sys, a, EPOLLRDHUP);
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* reported(sys, plain)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, asking)).toEqual([EPOLLRDHUP]);
  });
});

/** A peer that only sends from now on: its SHUT_RD is our writing side, and no end of input. */
test('a peer that shuts down reading is reported by nothing but room to write', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    yield* sys.shutdown(b, SHUT_RD);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* sys.send(a, 'x', MSG_NOSIGNAL)).toBe(-EPIPE);
  });
});

/** Programs that shut down both directions themselves and then wait for the peer. */
test('shutting down both directions is a hangup for the caller as well', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const mine = yield* watch(sys, a, 0);
    const theirs = yield* watch(sys, b, 0);
    yield* sys.shutdown(a, SHUT_RDWR);
    expect(yield* reported(sys, mine)).toEqual([EPOLLHUP]);
    expect(yield* reported(sys, theirs)).toEqual([EPOLLHUP]);
  });
});

/** A client that closes with our answer unread: the server sees a reset, not a clean end. */
test('a peer that closes with unread data leaves an error, which SO_ERROR takes', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, 0);
    yield* sys.write(a, 'never read');
    yield* sys.close(b);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR | EPOLLHUP]);
    const taken = yield* sys.getsockopt(a, SOL_SOCKET, SO_ERROR);
    expect(taken).toEqual({ value: ECONNRESET, ret: 0 });
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** Loops that ADD before connect(): a fresh stream socket hangs up at once. */
test('a stream socket that was never connected reports a hangup and room to write', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLHUP]);
  });
});

/** syslog clients: a datagram socket has no connection that could hang up. */
test('a datagram socket does not hang up when its peer closes', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
    yield* sys.close(b);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLRDHUP);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** The bits of one file do not depend on who asks: the mask chooses, and HUP and ERR always pass. */
test('two instances see of one end what their masks let through', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const reading = yield* watch(sys, a, EPOLLIN);
    const writing = yield* sys.epoll_create1(0);
    yield* add(sys, writing, a, EPOLLOUT);
    yield* sys.close(b);
    expect(yield* reported(sys, reading)).toEqual([EPOLLIN | EPOLLHUP]);
    expect(yield* reported(sys, writing)).toEqual([EPOLLOUT | EPOLLHUP]);
  });
});
