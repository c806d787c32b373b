import { expect, test } from 'vitest';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/index.ts';
import { Machine } from '../../src/sim/machine.ts';
import { Recorder } from '../../src/trace/recorder.ts';
import { sentenceOf } from '../../src/trace/sentence.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

test('What happens is told in sentences, and what only says where code is is not', () => {
  const said: string[] = [];
  const tracer = new Recorder((event) => {
    const sentence = sentenceOf(event);
    if (event.kind === 'enter' || event.kind === 'fact') expect(sentence).toBe(null);
    if (sentence !== null) said.push(sentence);
  });
  const machine = new Machine({ tracer });
  machine.spawn(function* (sys) {
    const event = yield* sys.eventfd2(0, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    yield* sys.pthread_create(function* (sys) {
      yield* sys.write(event, one);
    });
    yield* sys.epoll_wait(ep, 1, -1);
  });
  machine.run();
  const expected = [
    'main calls epoll_ctl(4, ADD, 3, IN, 0)',
    'main takes ep4->mtx',
    'main gives ep4->mtx back',
    'epoll_ctl gives main 0',
    'main goes to sleep',
    't1 calls write(3, 1)',
    'ep4[3]: onto rdllist',
    't1 wakes main',
    'epoll_wait gives main 1 [IN 0]',
  ];
  expect(
    said
      .filter((sentence) => expected.includes(sentence))
      .filter((one, i, all) => all.indexOf(one) === i),
  ).toEqual(expected);
});
