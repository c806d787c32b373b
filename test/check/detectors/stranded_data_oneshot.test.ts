import { expect, test } from 'vitest';
import { EPOLLIN, EPOLLONESHOT } from '../../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { mod } from '../../support/epoll.ts';
import { readCount, watch, writeCount } from '../../support/programs.ts';
import { exampleOf, onAll, onOne, said } from './explored.ts';

const by = 'oneshot-never-rearmed';

/** A worker that returns early and forgets EPOLL_CTL_MOD. */
test('the example: a disarmed item keeps the second word to itself', async () => {
  expect(said(onAll(await exampleOf(by)), by)).toEqual([
    'ep5[3] (EPOLLONESHOT, disarmed) has no event left for pipe3, where 3 bytes are unread: ' +
      'main sleeps for ever.',
  ]);
});

/** What becomes of a pipe whose writer says a word, or closes, after one event was reported. */
const afterOneEvent = (
  then: 'write' | 'close',
  see: 'arm' | 'read to the end' | 'go on',
): Program =>
  function* (sys) {
    const events = EPOLLIN | EPOLLONESHOT;
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, events);
    yield* sys.write(writer, 'one');
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.read(reader, new Uint8Array(8));
    if (then === 'write') yield* sys.write(writer, 'two');
    else yield* sys.close(writer);
    if (see === 'read to the end') yield* sys.read(reader, new Uint8Array(8));
    if (see === 'arm') {
      yield* mod(sys, ep, reader, events);
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.read(reader, new Uint8Array(8));
    }
    yield* sys.epoll_wait(ep, 1, -1);
  };

/** A server that never hears that its client has gone. */
test('an end that nobody has seen is found too', () => {
  expect(said(onOne(afterOneEvent('close', 'go on')), by)).toEqual([
    'ep5[3] (EPOLLONESHOT, disarmed) has no event left for pipe3, whose other end is closed: ' +
      'main sleeps for ever.',
  ]);
});

/** False alarms: it was armed again, or all that there is has been seen. */
test.each([
  ['armed again', afterOneEvent('write', 'arm')],
  ['read to its end without', afterOneEvent('close', 'read to the end')],
])('an item that was %s is no problem', (_how, program) => {
  expect(said(onOne(program), by)).toEqual([]);
});

const eventfdTold = (reads: boolean): Program =>
  function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLONESHOT);
    yield* writeCount(sys, fd, 1n);
    yield* sys.epoll_wait(ep, 1, -1);
    if (reads) {
      yield* readCount(sys, fd);
      yield* writeCount(sys, fd, 1n);
    }
    yield* sys.epoll_wait(ep, 1, -1);
  };

/** A false alarm: a signal to stop that was seen, and is not read because it stands for good. */
test('an eventfd that was told of once and not read is no problem', () => {
  expect(said(onOne(eventfdTold(false)), by)).toEqual([]);
});

/** A worker that reads the counter of new work, and is never told of more. */
test('an eventfd that was read and written again is found', () => {
  expect(said(onOne(eventfdTold(true)), by)).toEqual([
    'ep4[3] (EPOLLONESHOT, disarmed) has no event left for eventfd3, which has fired again: ' +
      'main sleeps for ever.',
  ]);
});
