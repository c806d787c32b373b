import { expect, test } from 'vitest';
import { EAGAIN, ECONNREFUSED, ENOTCONN } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import {
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_PEEK_OFF,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { randomSchedule } from '../../../src/sim/schedule.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inThread, pause, timeval } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { ask, at, await_, bytes, mask, put, take } from './support.ts';
import { bound, drain, oneWay, takeEach, udp } from './udp_support.ts';

/** A receiver with a small buffer, of which a small datagram takes 832 bytes. */
function* small(sys: Sys, rcvbuf: number): Code<[sender: number, receiver: number]> {
  const [sender, receiver] = yield* oneWay(sys);
  yield* sys.setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, rcvbuf);
  return [sender, receiver];
}

/** What is sent too fast is gone, and nobody is told. */
test('a full receive buffer drops what comes', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* small(sys, 5000); // The buffer is twice as large.
    for (let i = 0; i < 30; i++) expect(yield* put(sys, sender, 'm')).toBe(1);
    expect(yield* drain(sys, receiver)).toBe(12);
  });
});

/** A receiver that reads one at a time from a full buffer goes on losing what comes. */
test('a full buffer has room again once a quarter of it was read', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* small(sys, 5000);
    for (let i = 0; i < 30; i++) yield* put(sys, sender, `${i}`);
    for (let i = 0; i < 3; i++) {
      expect(yield* take(sys, receiver, 8)).toBe(`${i}`);
      yield* put(sys, sender, 'lost');
    }
    expect(yield* take(sys, receiver, 8)).toBe('3');
    yield* put(sys, sender, 'kept');
    const rest = yield* takeEach(sys, new Array(10).fill(receiver));
    expect(rest).toEqual(['4', '5', '6', '7', '8', '9', '10', '11', 'kept', -EAGAIN]);
  });
});

/** A datagram larger than the whole buffer. */
test('an empty queue takes one datagram of any size', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* small(sys, 0);
    expect(yield* put(sys, sender, bytes(60_000))).toBe(60_000);
    yield* put(sys, sender, 'lost');
    expect(yield* sys.recv(receiver, bytes(70_000), 0)).toBe(60_000);
    expect(yield* take(sys, receiver, 8)).toBe(-EAGAIN);
  });
});

/** udp(7): FIONREAD "returns the size of the next pending datagram". */
test('FIONREAD is the size of the first datagram, 0 for an empty one and for none', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    expect(yield* ask(sys, receiver, FIONREAD)).toBe(0);
    for (const text of ['four', '', 'seventh']) yield* put(sys, sender, text);
    expect(yield* ask(sys, receiver, FIONREAD)).toBe(4);
    yield* take(sys, receiver, 1);
    expect(yield* ask(sys, receiver, FIONREAD)).toBe(0);
    expect(yield* mask(sys, receiver)).toBe(EPOLLIN | EPOLLOUT);
    expect(yield* take(sys, receiver, 8)).toBe('');
    expect(yield* take(sys, receiver, 8)).toBe('seventh');
  });
});

/** read(fd, buf, 0) is no receive, recv() with no room is one. */
test('recv() without room takes a datagram, read() without room does not', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* put(sys, sender, 'a');
    yield* put(sys, sender, 'b');
    expect(yield* sys.read(receiver, bytes(0))).toBe(0);
    expect(yield* take(sys, receiver, 0)).toBe('');
    expect(yield* take(sys, receiver, 8)).toBe('b');
  });
});

/** socket(7), SO_PEEK_OFF, across datagrams; MSG_TRUNC moves by the whole length. */
test('peeking goes on where the last peek ended, and reading moves it back', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(receiver, SOL_SOCKET, SO_PEEK_OFF, 0);
    yield* put(sys, sender, 'abcd');
    yield* put(sys, sender, 'efgh');
    expect(yield* take(sys, receiver, 2, MSG_PEEK)).toBe('ab');
    expect(yield* take(sys, receiver, 8, MSG_PEEK)).toBe('cd');
    expect(yield* take(sys, receiver, 3, MSG_PEEK)).toBe('efg');
    expect(yield* take(sys, receiver, 8)).toBe('abcd');
    expect(yield* take(sys, receiver, 8, MSG_PEEK)).toBe('h');
    expect(yield* take(sys, receiver, 8, MSG_PEEK)).toBe(-EAGAIN);
    yield* sys.setsockopt(receiver, SOL_SOCKET, SO_PEEK_OFF, 0);
    expect(yield* sys.recv(receiver, bytes(1), MSG_PEEK | MSG_TRUNC)).toBe(4);
    expect((yield* sys.getsockopt(receiver, SOL_SOCKET, SO_PEEK_OFF)).value).toBe(4);
  });
});

/** Peeked at is not read: what was seen already is no reason to wake up. */
test('a peek beyond the last datagram sleeps until the next one comes', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(receiver, SOL_SOCKET, SO_PEEK_OFF, 0);
    yield* put(sys, sender, 'seen');
    expect(yield* take(sys, receiver, 8, MSG_PEEK)).toBe('seen');
    const got: unknown[] = [];
    yield* inThread(sys, got, (self) => await_(self, receiver, 8, MSG_PEEK));
    yield* pause(sys);
    expect(got).toEqual([]);
    yield* put(sys, sender, 'new');
    yield* pause(sys);
    expect(got).toEqual(['new']);
  });
});

/** A thread in recv() is let go by shutdown(), a socket that does not block sees nothing. */
test('after SHUT_RD a receive that would sleep returns 0, one that would not is refused', () => {
  inMachine(function* (sys) {
    const [, receiver] = yield* oneWay(sys);
    const got: unknown[] = [];
    yield* inThread(sys, got, (self) => self.recv(receiver, bytes(8), 0));
    yield* pause(sys);
    expect(got).toEqual([]);
    expect(yield* sys.shutdown(receiver, SHUT_RD)).toBe(-ENOTCONN); // And yet it acts.
    yield* pause(sys);
    expect(got).toEqual([0]);
    expect(yield* take(sys, receiver, 8)).toBe(-EAGAIN);
    expect(yield* mask(sys, receiver)).toBe(EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    yield* sys.shutdown(receiver, SHUT_WR);
    expect((yield* mask(sys, receiver)) & EPOLLHUP).toBe(EPOLLHUP);
  });
});

/** Datagrams come after the shutdown all the same. */
test('shutdown() does not keep datagrams out', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.shutdown(receiver, SHUT_RDWR);
    yield* put(sys, sender, 'late');
    expect(yield* take(sys, receiver, 8)).toBe('late');
  });
});

/** A client that blocks in recv() for an answer that will never come. */
test('a receive that sleeps is woken by the news that nobody is there', () => {
  inMachine(function* (sys) {
    const fd = yield* udp(sys);
    yield* sys.connect(fd, at(9));
    const got: unknown[] = [];
    yield* inThread(sys, got, (self) => self.recv(fd, bytes(8), 0));
    yield* pause(sys);
    yield* put(sys, fd, 'x');
    yield* pause(sys);
    expect(got).toEqual([-ECONNREFUSED]);
  });
});

/** Readers stand in line: what comes is for who came first. */
test('one datagram wakes one of the receivers, the oldest first', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    const got: string[] = [];
    for (const name of ['first', 'second']) {
      yield* sys.pthread_create(function* (self) {
        got.push(`${name} ${yield* await_(self, receiver, 8, MSG_WAITALL)}`);
      });
      yield* pause(sys);
    }
    yield* put(sys, sender, 'a');
    yield* pause(sys);
    expect(got).toEqual(['first a']);
    yield* put(sys, sender, 'b');
    yield* pause(sys);
    expect(got).toEqual(['first a', 'second b']);
  });
});

/** SO_RCVTIMEO is how many clients wait for an answer. */
test('SO_RCVTIMEO bounds a receive', () => {
  inMachine(function* (sys) {
    const [, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, timeval(40));
    expect(yield* sys.recv(receiver, bytes(8), 0)).toBe(-EAGAIN);
  });
});

/** Two readers, two writers and two CPUs: each datagram is taken once, whatever happens when. */
test('on any schedule what is not dropped is received once', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const got = inMachine(
      function* (sys) {
        const [, receiver, addr] = yield* bound(sys);
        const taken: string[] = [];
        const tids: number[] = [];
        for (let reader = 0; reader < 2; reader++) {
          tids.push(
            yield* sys.pthread_create(function* (self) {
              for (let i = 0; i < 3; i++) taken.push(`${yield* await_(self, receiver, 8)}`);
            }),
          );
        }
        for (const name of ['a', 'b']) {
          tids.push(
            yield* sys.pthread_create(function* (self) {
              const fd = yield* udp(self);
              yield* self.connect(fd, addr);
              for (let i = 0; i < 3; i++) yield* self.send(fd, `${name}${i}`, 0);
            }),
          );
        }
        for (const tid of tids) yield* sys.pthread_join(tid);
        return taken.sort();
      },
      { cpus: 2, schedule: randomSchedule(seed) },
    );
    expect(got).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
  }
});
