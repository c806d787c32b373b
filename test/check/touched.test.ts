/** Who looks at a race of two threads for a variable wants to see the two touches, by its name. */
import { expect, test } from 'vitest';
import { type AsyncProgram, checkAsync } from '../../src/async/index.ts';
import { check, type Verdict } from '../../src/check/check.ts';
import { rewritten } from '../../src/shared/rewrite.ts';
import * as told from '../../src/sim/told.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

told.follow(); // As a module does that was rewritten, at its end.

/** What `source` exports, rewritten. */
function exportedBy(source: string): unknown {
  const body = rewritten(source, 'told')
    .replace(/^import .*$/gm, '')
    .replace('export default', 'return');
  return new Function('$told', body)(told);
}

/** "t1 writes jobs", for each line of the first finding that tells of a touch, in their order. */
const touchesIn = ({ findings: [finding] }: Verdict): string[] =>
  (finding?.story.rows ?? []).flatMap(({ context, lines }) =>
    lines.filter((line) => /^(reads|writes|uses) /.test(line)).map((line) => `${context} ${line}`),
  );

const touchesOf = (source: string): string[] =>
  touchesIn(check(exportedBy(source) as (sys: Sys) => Code<unknown>, { sharedMemory: 'told' }));

test('Two threads that write to a variable are told of, and so is who reads it', () => {
  const touches = touchesOf(`
export default function* main(sys) {
  let served = 0;
  let mine = 0;
  const serve = function* (sys) {
    const before = served;
    yield* sys.sched_yield();
    served = before + 1;
  };
  const threads = [yield* sys.pthread_create(serve), yield* sys.pthread_create(serve)];
  for (const id of threads) yield* sys.pthread_join(id);
  mine++;
  (() => mine)();
  sys.assert(served === 2, 'both count');
}`);
  expect(touches).toEqual([
    't1 reads served',
    't2 reads served',
    't2 writes served',
    't1 writes served',
    'main reads served',
  ]);
});

/** The loop of the guide: what it forgets is a job. */
test('A part of an object has the names that lead there, and what is done to it', () => {
  const touches = touchesOf(`
class Queue {
  jobs = [];
  size = 0;
  post(job) {
    this.jobs.push(job);
    this.mark();
  }
  mark() { this.size = 1; }
  take() { return this.jobs.length > 0 ? this.jobs.map((job) => job) : null; }
}
export default function* main(sys) {
  const queue = new Queue();
  const id = yield* sys.pthread_create(function* (sys) {
    yield* sys.sched_yield();
    queue.post('job');
  });
  yield* sys.sched_yield();
  const jobs = queue.take();
  yield* sys.pthread_join(id);
  sys.assert(jobs !== null, 'there is one');
  sys.assert(queue.take() !== null, 'there is one still');
}`);
  expect(touches).toEqual(['main reads this.jobs.length', 't1 writes this.jobs']);
});

test('What is only read, or touched by one alone, is not told of', () => {
  const touches = touchesOf(`
export default function* main(sys) {
  let limit = 1;
  const names = ['a', 'b'];
  let own = 0;
  limit = 2;
  const id = yield* sys.pthread_create(function* (sys) {
    for (; own < limit; own++) yield* sys.sched_yield();
    names.map((name) => name);
  });
  for (let i = 0; i < limit; i++) { names.includes('b'); yield* sys.sched_yield(); }
  yield* sys.pthread_join(id);
  sys.assert(false, 'the end');
}`);
  expect(touches).toEqual([]);
});

/** Where all memory is taken to be shared, the touches are told all the same. */
test('Async functions that were rewritten tell of theirs', async () => {
  const program = exportedBy(`
export default async function main(sys) {
  let stop = false;
  const id = await sys.pthread_create(async (sys) => {
    await sys.sched_yield();
    stop = true;
  });
  await sys.sched_yield();
  const seen = stop;
  await sys.pthread_join(id);
  sys.assert(seen, 'it was stopped');
}`) as AsyncProgram;
  const verdict = await checkAsync(program, { sharedMemory: 'told' });
  expect(touchesIn(verdict)).toEqual(['main reads stop', 't1 writes stop']);
});
