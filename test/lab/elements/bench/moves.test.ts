/** Ways through a recording. */
import { describe, expect, test } from 'vitest';
import {
  back,
  backOverCall,
  backToWakeup,
  contextsOf,
  forward,
  overCall,
  placeOf,
  spansOf,
  toWakeup,
} from '../../../../lab/elements/bench/moves.ts';
import { compile } from '../../../../lab/model/compile.ts';
import { type Moment, record } from '../../../../lab/model/recording.ts';

/** A moment of a task, by its kind: `call`, `return`, … */
const moment = (task: string, kind: Moment['kind'], sentence = ''): Moment => ({
  context: task,
  task,
  kind,
  sentence,
  fn: kind === 'note' ? 'ep_poll' : null,
  depth: 0,
  time_ns: 0,
  steps: 0,
  view: { time_ns: 0, tasks: [], epolls: [], files: [], timers: [] },
  lines: {},
});

/** Places:  1 call a, 2 op, 3 call b, 4 wakeup, 5 return b, 6 return a, 7 op, 8 exit. */
const moments: Moment[] = [
  moment('a', 'call', 'a calls epoll_wait(3, 1, -1)'),
  moment('a', 'note', 'a: nothing ready, onto ep->wq'),
  moment('b', 'call'),
  moment('b', 'wakeup'),
  moment('b', 'return'),
  moment('a', 'return'),
  moment('a', 'op'),
  moment('a', 'exit'),
];

describe('moves', () => {
  /** A thread that is interrupted by another one is still in its call. */
  test.each([
    ['forward from the start', forward, 0, 1],
    ['forward from the end', forward, 8, 8],
    ['back from the start', back, 0, 0],
    ['over the call that comes next', overCall, 0, 6],
    ['out of the call of a', overCall, 2, 6],
    ['out of the call of b, inside of that of a', overCall, 4, 5],
    ['over no call', overCall, 6, 7],
    ['back over the call that has returned', backOverCall, 6, 0],
    ['back over the call of b', backOverCall, 5, 2],
    ['back to before the call that a is in', backOverCall, 2, 0],
    ['back over no call', backOverCall, 7, 6],
    ['to the wakeup', toWakeup, 0, 4],
    ['to no further wakeup', toWakeup, 4, 8],
    ['back to the wakeup', backToWakeup, 8, 4],
    ['back to no wakeup', backToWakeup, 4, 0],
  ])('%s', (_, move, from, to) => {
    expect(move(moments, from)).toBe(to);
  });

  /** Who sleeps for ever never comes back from the call. */
  test('over a call that never returns is the end', () => {
    expect(overCall(moments.slice(0, 5), 0)).toBe(5);
  });

  test('calls are bars, each of its task', () => {
    expect(spansOf(moments, 'a')).toEqual([{ from: 0, to: 6 }]);
    expect(spansOf(moments, 'b')).toEqual([{ from: 2, to: 5 }]);
    expect(contextsOf(moments)).toEqual(['a', 'b']);
  });

  /** Labs name moments as notes have them, with their function in front. */
  test('a moment is found by its sentence, and by function and note', () => {
    expect(placeOf(moments, 'onto ep->wq')).toBe(2);
    expect(placeOf(moments, 'ep_poll: nothing ready')).toBe(2);
    expect(placeOf(moments, 'no such words')).toBeNull();
  });

  /** The same on a run of the model: a call within it may be interrupted by a signal handler. */
  test('from every place of a run each move stays within it, and steps are undone by steps', () => {
    const { moments: run } = record(
      compile(`
        import type { Sys } from 'epollsim';
        export default function* main(sys: Sys) {
          const [reader, writer] = yield* sys.pipe2(0);
          yield* sys.pthread_create(function* (sys) { yield* sys.write(writer, 'x'); });
          yield* sys.read(reader, new Uint8Array(1));
        }`),
    );
    expect(run.length).toBeGreaterThan(10);
    for (let place = 0; place <= run.length; place++) {
      for (const move of [forward, overCall, toWakeup]) {
        const next = move(run, place);
        expect(next).toBeGreaterThanOrEqual(Math.min(place + 1, run.length));
        expect(next).toBeLessThanOrEqual(run.length);
      }
      for (const move of [back, backOverCall, backToWakeup]) {
        const next = move(run, place);
        expect(next).toBeLessThanOrEqual(Math.max(place - 1, 0));
        expect(next).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
