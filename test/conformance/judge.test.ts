import { expect, test } from 'vitest';
import { Judge, type LiveSide, type Question } from '../../conformance/judge.ts';
import type { Answer } from '../../conformance/linux/linux.ts';
import { playModel } from '../../conformance/model.ts';
import { parseScenario } from '../../src/scenario/parse.ts';

/** What a kernel before 5.14 did not do, and one from 5.14 on does: an event for each write. */
const pipe = {
  name: 'pipe',
  steps: [
    { call: 'pipe2', args: { flags: 0 }, bind: ['r', 'w'] },
    { call: 'epoll_create1', args: {}, bind: ['ep'] },
    {
      call: 'epoll_ctl',
      args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN|EPOLLET' },
    },
    { call: 'write', args: { fd: '$w', data: 'a' } },
    { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: 0 } },
    { call: 'write', args: { fd: '$w', data: 'b' } },
    { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: 0 } },
  ],
};
const answerOf = (kernel: string): string => playModel(parseScenario(pipe), { kernel });

const question = (more: Partial<Question> = {}): Question => ({
  text: JSON.stringify(pipe),
  golden: null,
  kernel: null,
  repeat: 1,
  samples: 1,
  ...more,
});

/** A kernel that gives these transcripts, one after the other, again and again. */
function kernelThatSays(...texts: string[]): LiveSide {
  let plays = 0;
  const play = (): Answer => ({
    kind: 'transcript',
    text: texts[plays++ % texts.length] as string,
  });
  return { play, sample: play };
}

/** Nobody would believe "equal" of two that are not. */
test('A kernel that answers as the model does is equal, and one that does not differs', () => {
  const same = new Judge(kernelThatSays(answerOf('6.18')), '6.18.44');
  const other = new Judge(kernelThatSays(answerOf('5.13')), '6.18.44');

  expect(same.judge(question()).verdict).toBe('equal');
  expect(other.judge(question()).verdict).toBe('differs');
});

/** A race recorded as the truth would make the model wrong on every other day. */
test('A kernel that changes its answer is nondeterministic, even if it was asked once', () => {
  const texts = [answerOf('5.13'), answerOf('6.18')];
  const { verdict, variants } = new Judge(kernelThatSays(...texts), '6.18.44').judge(question());

  expect(verdict).toBe('nondeterministic');
  expect(variants).toEqual(texts);
});

/** A busy machine must not fail a model that is right, nor a wrong one pass because the machine is busy. */
test('What was recorded is upheld while it is among the answers and the model says it too', () => {
  const texts = [answerOf('5.13'), answerOf('6.18')];
  const judge = new Judge(kernelThatSays(...texts), '6.18.44');
  const upheld = (kernel: string): boolean | undefined =>
    judge.judge(question({ golden: { text: answerOf(kernel), kernel } })).upheld;

  expect(upheld('6.18')).toBe(true);
  expect(upheld('5.13')).toBe(false);
  expect(judge.judge(question()).upheld).toBe(false);
});

/** Whoever runs the corpus on another kernel wants to know which commit makes the difference. */
test('A running kernel that differs from the recorded one is explained by a commit', () => {
  const golden = { text: answerOf('5.13'), kernel: '5.13' };
  const judge = new Judge(kernelThatSays(answerOf('5.14')), '5.14.2');
  const { verdict, otherKernel } = judge.judge(question({ golden }));

  expect(verdict).toBe('equal');
  expect(otherKernel).toMatchObject({ recorded: '5.13', running: '5.14.2' });
  expect(otherKernel?.explanation?.id).toBe('3a34b13a88ca'); // The first that does it.
});

/** What no commit explains may be a bug of somebody's kernel, or of ours: it must not be lost. */
test('A difference between kernels that no commit explains is a finding', () => {
  const golden = { text: answerOf('6.18'), kernel: '6.18' };
  const strange = answerOf('6.18').replace('"ret":1,', '"ret":2,');
  const { otherKernel } = new Judge(kernelThatSays(strange), '7.3').judge(question({ golden }));

  expect(otherKernel?.explanation).toBeNull();
});

/** Where there is no compiler the recordings still hold the model to what Linux said. */
test('Without a live side the model is compared with what was recorded', () => {
  const judge = new Judge(null, '6.18');
  const right = { text: answerOf('6.18'), kernel: '6.18' };
  const wrong = { text: answerOf('5.13'), kernel: '6.18' };

  expect(judge.judge(question({ golden: right })).verdict).toBe('equal');
  expect(judge.judge(question({ golden: wrong })).verdict).toBe('differs');
  expect(judge.judge(question()).verdict).toBe('skipped');
});

/** A batch with one bad line must not be lost. */
test('A malformed scenario is said to be so, with the words of the parser', () => {
  const text = '{"name":"x","steps":[{"call":"epol_wait"}]}';
  const { verdict, reason } = new Judge(null, '6.18').judge(question({ text }));

  expect({ verdict, reason }).toEqual({
    verdict: 'malformed',
    reason: 'step 0: unknown call "epol_wait"',
  });
});

/** Two threads read one byte: one gets it, and the other one nothing. */
const race = {
  name: 'race',
  mode: 'concurrent',
  threads: ['main', 't1'],
  steps: [
    { call: 'pipe2', args: { flags: 'O_NONBLOCK' }, bind: ['r', 'w'] },
    { call: 'write', args: { fd: '$w', data: 'x' } },
  ],
  concurrent: {
    main: [{ call: 'read', args: { fd: '$r', len: 1 } }],
    t1: [{ call: 'read', args: { fd: '$r', len: 1 } }],
  },
};
const byte = '[{"ret":1,"data":"x"}]';
const none = '[{"ret":-1,"errno":"EAGAIN"}]';
const outcome = (main: string, t1: string): string => `{"main":${main},"t1":${t1},"after":[]}`;
const sampled = (...outcomes: string[]): string =>
  `{"name":"race","outcomes":[${outcomes}],"executions":9,"complete":false}`;
const raced = (more: Partial<Question> = {}): Question =>
  question({ text: JSON.stringify(race), samples: 9, ...more });

/** A kernel shows a part of what can happen, and that must be a part of what the model has. */
test('Outcomes of a kernel that the model has are sampled, and others are a difference', () => {
  const part = new Judge(kernelThatSays(sampled(outcome(none, byte))), '6.18.44');
  const twice = new Judge(kernelThatSays(sampled(outcome(byte, byte))), '6.18.44');

  expect(part.judge(raced())).toMatchObject({ verdict: 'sampled' });
  expect(twice.judge(raced())).toMatchObject({
    verdict: 'differs',
    variants: [outcome(byte, byte)],
    reason: expect.stringMatching(/the model has 2 in \d+ .*, without 1 that Linux has$/),
  });
});

/** Where nobody can ask a kernel, what it once said is asked. */
test('Recorded outcomes count without a kernel, and beside one of the same release', () => {
  const recorded = (text: string) => ({ text, kernel: '6.18.40' });
  const alone = new Judge(null, '5.4');
  const beside = new Judge(kernelThatSays(sampled(outcome(byte, none))), '6.18.44');
  const good = recorded(sampled(outcome(byte, none), outcome(none, byte)));
  const bad = recorded(sampled(outcome(none, none)));

  expect(alone.judge(raced({ golden: good })).verdict).toBe('equal');
  expect(alone.judge(raced({ golden: bad })).verdict).toBe('differs');
  expect(beside.judge(raced({ golden: good })).verdict).toBe('sampled');
  expect(beside.judge(raced({ golden: bad })).verdict).toBe('differs');
});

/** An error that only one side sees is a difference as well. */
test('A concurrent scenario that is at fault is so on both sides, or differs', () => {
  const error = '{"name":"race","results":[],"error":"thread t1 is blocked in \\"steps\\""}';
  const judge = new Judge(kernelThatSays(error), '6.18.44');

  expect(judge.judge(raced()).verdict).toBe('differs');
});
