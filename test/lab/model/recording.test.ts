/** Recordings: moments, lines, and what is kept of a run. */
import { defaultKernel } from 'epollsim';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../lab/model/compile.ts';
import { type Moment, type Recording, record } from '../../../lab/model/recording.ts';
import { wayOf } from '../../../lab/model/schedule.ts';

const runOf = (body: string): Recording =>
  record(
    compile(
      `import { type Sys } from 'epollsim'; export default function* main(sys: Sys) {\n${body}\n}`,
    ),
  );

const at = ({ moments }: Recording, words: string): Moment => {
  const found = moments.find(({ sentence }) => sentence.includes(words));
  if (found === undefined) throw new Error(`no moment says "${words}"`);
  return found;
};

const stateOf = (moment: Moment, name: string) =>
  moment.view.tasks.find((task) => task.name === name)?.state;

describe('a recording', () => {
  const run = runOf(`
    const ep = yield* sys.epoll_create1(0);
    const other = yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 1, 20);
    }, 'other');
    yield* sys.pthread_join(other);`);

  /** A lab says "the thread is asleep", and a student looks for that on the page. */
  test('shows who stands on a queue, or waits for a thread, as asleep', () => {
    const asleep = at(run, 'onto ep->wq');
    expect(stateOf(asleep, 'other')).toBe('asleep');
    expect(stateOf(asleep, 'main')).toBe('asleep');
    expect(stateOf(at(run, 'wakes other'), 'other')).toBe('runnable');
    expect(stateOf(at(run, 'other runs on'), 'other')).toBe('running');
  });

  /** The line that is lit is that of the call, in each thread. */
  test('knows the line that each thread stands at', () => {
    const { lines } = at(run, 'onto ep->wq');
    expect(lines).toEqual({ main: 7, other: 5 });
    expect(at(run, 'calls epoll_create1').lines).toEqual({ main: 3 });
  });

  /** An interrupt has no task of its own: it has a lane. */
  test('tells interrupts from the task that they come upon', () => {
    expect(at(run, 'wakes other').context).not.toBe('other');
    expect(at(run, 'hrtimer_wakeup begins').context).toBe('hrtimer_wakeup');
  });

  test('keeps what the program throws, and who sleeps for ever', () => {
    expect(runOf(`throw new RangeError('too far');`).error).toBe('RangeError: too far');
    const { asleep, error } = runOf(`yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);`);
    expect(error).toBeNull();
    expect(asleep).toEqual(['main in epoll_wait']);
  });

  /** Whoever plays the schedule later, when another kernel is the newest. */
  test('has a schedule that names its kernel, the default one as well', () => {
    expect(run.schedule).toMatch(/^# epollsim schedule 1\n# kernel \d+\.\d+\nmain: start\n/);
    expect(wayOf(run.schedule).kernel.kernel).toBe(defaultKernel);
    const old = record(compile('export default function* () {}'), { kernel: '5.6' });
    expect(wayOf(old.schedule).kernel.kernel).toBe('5.6');
  });

  /** A third of a small lab would be of locks that matter to nobody; where somebody is left, they do. */
  test('has the end of the last process as one moment, unless somebody is left', () => {
    const { moments } = runOf('yield* sys.eventfd2(0, 0);');
    expect(moments.slice(-2).map(({ sentence }) => sentence)).toEqual([
      'eventfd2 gives main 3',
      'main ends; its descriptors are closed',
    ]);
    expect(moments.at(-1)?.view.files).toEqual([]);
    const left = runOf(`
      const [here, there] = yield* sys.pipe2(0);
      yield* sys.fork(function* (sys) {
        yield* sys.close(there);
        yield* sys.read(here, new Uint8Array(1));
      });
      yield* sys.close(here);
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });`);
    expect(at(left, 'main wakes').view.tasks).toHaveLength(2);
    expect(left.moments.at(-1)?.sentence).toMatch(/ ends; its descriptors are closed$/);
    expect(left.moments.filter(({ kind }) => kind === 'exit')).toHaveLength(1);
  });

  /** Nobody steps through ten thousand moments, and a page would choke on them. */
  test('is cut where it is longer than anybody looks at', () => {
    const long = runOf(`for (let i = 0; i < 2000; i++) yield* sys.sched_yield();`);
    expect(long.cut).toBe(true);
    expect(long.moments).toHaveLength(3000);
    expect(run.cut).toBe(false);
  });
});
