import { expect, test } from 'vitest';
import { shownDifference } from '../../conformance/show.ts';
import { differenceOf } from '../../src/scenario/difference.ts';

const calls = ['eventfd2', 'epoll_wait', 'write'];
const transcript = (results: readonly object[], blocked: readonly string[] = []): string =>
  JSON.stringify({ name: 'x', results, blocked });

/** A fuzzer that calls two differences one makes the wrong scenario small. */
test.each([
  ['another value', [{ step: 0, ret: 3 }], [{ step: 0, ret: 4 }], 0, 'eventfd2: ret'],
  [
    'an error in place of a result',
    [{ step: 1, ret: 0, events: [] }],
    [{ step: 1, ret: -1, errno: 'EBADF' }],
    1,
    'epoll_wait: ret, events, errno',
  ],
  [
    'a call that sleeps on one side',
    [{ step: 1, blocked: true }],
    [{ step: 1, ret: 0, events: [] }],
    1,
    'epoll_wait: returns',
  ],
  [
    'a sleeper that only one side wakes',
    [
      { step: 2, ret: 8 },
      { step: 1, after: 2, ret: 1 },
    ],
    [{ step: 2, ret: 8 }],
    2,
    'epoll_wait: returns',
  ],
])('%s is told as what it is', (_what, left, right, place, kind) => {
  expect(differenceOf(transcript(left), transcript(right), calls)).toMatchObject({ place, kind });
});

/** The last word of a scenario may be that somebody sleeps who should not. */
test('transcripts that differ in who is blocked at the end differ at the end', () => {
  const [left, right] = [transcript([], ['t1']), transcript([])];
  expect(differenceOf(left, right, calls)).toEqual({ place: 3, step: null, kind: 'end: blocked' });
});

/** Whoever looks for the cause needs what led up to it, and both answers. */
test('A difference is shown with the steps before it and both sides', () => {
  const steps = [
    { call: 'eventfd2', args: { initval: 0 }, bind: ['e'] },
    { thread: 't1', call: 'read', args: { fd: '$e', len: 8 } },
  ];
  const left = transcript(
    [
      { step: 0, ret: 3 },
      { step: 1, blocked: true },
    ],
    ['t1'],
  );
  const right = transcript([
    { step: 0, ret: 3 },
    { step: 1, ret: -1, errno: 'EAGAIN' },
  ]);
  const sides = [
    { name: 'model', text: left },
    { name: 'Linux', text: right },
  ] as const;
  expect(shownDifference({ steps }, ...sides)).toEqual([
    '    0  eventfd2(initval=0) → e',
    '         = {ret:3}',
    '>   1  t1: read(fd=$e, len=8)',
    '         model  {blocked:true}',
    '         Linux  {ret:-1,errno:EAGAIN}',
    '  end    model  blocked: t1',
    '         Linux  blocked: nobody',
  ]);
});
