import { expect, test } from 'vitest';
import { EAGAIN, EINVAL, EPIPE } from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from '../../../src/kernel/uapi/eventpoll.ts';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inThread, pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';
import { pair, receive, take } from './support.ts';

const ended = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
const over = ended | EPOLLHUP;

/** All that a descriptor has ready. */
function* mask(sys: Sys, fd: number): Code<number> {
  const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  return (yield* reported(sys, ep))[0] ?? 0;
}

/** unix(7) and shutdown(2): each direction ends for both, and HUP means both directions. */
test.each([
  ['SHUT_RD', SHUT_RD, ended, EPOLLOUT, 1, -EPIPE],
  ['SHUT_WR', SHUT_WR, EPOLLOUT, ended, -EPIPE, 1],
  ['SHUT_RDWR', SHUT_RDWR, over, over, -EPIPE, -EPIPE],
])('after %s here: what is ready here and there, what a send is here and there', (...row) => {
  const [, how, here, there, sendHere, sendThere] = row;
  for (const type of [SOCK_STREAM, SOCK_SEQPACKET]) {
    inMachine(function* (sys) {
      const [a, b] = yield* pair(sys, type);
      expect(yield* sys.shutdown(a, how)).toBe(0);
      expect(yield* mask(sys, a)).toBe(here);
      expect(yield* mask(sys, b)).toBe(there);
      expect(yield* sys.send(a, 'x', MSG_NOSIGNAL | MSG_DONTWAIT)).toBe(sendHere);
      expect(yield* sys.send(b, 'y', MSG_NOSIGNAL | MSG_DONTWAIT)).toBe(sendThere);
    });
  }
});

/** shutdown(2), ERRORS. A socket without a peer can be shut down all the same. */
test('shutdown needs no connection, and a direction that exists', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLHUP);
    expect(yield* sys.shutdown(fd, 3)).toBe(-EINVAL);
    expect(yield* sys.shutdown(fd, -1)).toBe(-EINVAL);
    expect(yield* sys.shutdown(fd, SHUT_RDWR)).toBe(0);
    expect(yield* mask(sys, fd)).toBe(over);
  });
});

/** What was sent before the end is still there to be read. */
test('data that was sent before SHUT_WR is read before the end', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.write(a, 'last');
    yield* sys.shutdown(a, SHUT_WR);
    expect(yield* take(sys, b, 9)).toBe('last');
    expect(yield* take(sys, b, 9)).toBe('');
    yield* sys.write(b, 'answer');
    expect(yield* take(sys, a, 9)).toBe('answer');
    expect(yield* take(sys, a, 9)).toBe(-EAGAIN);
  });
});

/** Another thread's shutdown(SHUT_RD) is how a server ends a thread that is blocked in read(). */
test('shutdown of the own end wakes whoever is blocked in a receive there', () => {
  inMachine(function* (sys) {
    for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
      const [a] = yield* pair(sys, type);
      const done: unknown[] = [];
      yield* inThread(sys, done, (self) => receive(self, a, 9));
      yield* pause(sys);
      yield* sys.shutdown(a, SHUT_RD);
      yield* pause(sys);
      expect(done).toEqual(['']);
    }
  });
});

/** An ET loop gets one event for one end, whatever else the end did. */
test.each([
  ['close', over],
  ['close with unread data', over | EPOLLERR],
  ['SHUT_WR', ended],
  ['SHUT_RD', EPOLLOUT],
])('%s at the other end is one callback', (what, events) => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    if (what === 'close with unread data') yield* sys.write(a, 'lost');
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLRDHUP | EPOLLET);
    if (what === 'SHUT_WR') yield* sys.shutdown(b, SHUT_WR);
    else if (what === 'SHUT_RD') yield* sys.shutdown(b, SHUT_RD);
    else yield* sys.close(b);
    const queued = trace.notes.filter((note) => note === 'ep_poll_callback: onto rdllist');
    expect(queued).toHaveLength(1);
    expect(yield* reported(sys, ep)).toEqual(events === EPOLLOUT ? [] : [events & ~EPOLLOUT]);
    expect(yield* mask(sys, a)).toBe(events);
  }, trace.on());
});
