import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { rewritten } from '../../src/shared/rewrite.ts';
import type { SharedMemory } from '../../src/sim/schedule.ts';
import * as told from '../../src/sim/told.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

told.follow(); // As a module does that was rewritten, at its end.

type Main = (sys: Sys) => Code<unknown>;

/** The program that `source` exports, rewritten. */
function programOf(source: string): Main {
  const body = rewritten(source, 'told')
    .replace(/^import .*$/gm, '')
    .replace('export default', 'return');
  return (new Function('$told', body) as (module: typeof told) => Main)(told);
}

function outcomes(source: string, sharedMemory: SharedMemory): string[] {
  const { complete, results } = check(programOf(source), {
    sharedMemory,
    executions: 1e6,
    off: ['deadlock', 'lost-wakeup'],
  });
  expect(complete).toBe(true);
  return [...results.keys()].sort();
}

/** Two threads, `first` and `second`, with `before` in front of them; main returns `result`. */
const program = (before: string, first: string, second: string, result: string): string => `
export default function* main(sys) {
  ${before}
  const one = yield* sys.pthread_create(function* (sys) { ${first} });
  const two = yield* sys.pthread_create(function* (sys) { ${second} });
  yield* sys.pthread_join(one);
  yield* sys.pthread_join(two);
  return ${result};
}`;

const pause = 'yield* sys.sched_yield();';

/** Each loses something on some schedule, by another way to the same memory. */
const races: readonly (readonly [string, string])[] = [
  ['a variable', program('let n = 0;', `const m = n; ${pause} n = m + 1;`, 'n = 10;', 'n')],
  [
    'a variable that is read before a call and written after it',
    program('let n = 0;', 'n += 1 + (yield* sys.sched_yield());', 'n = 10;', 'n'),
  ],
  [
    'a variable that is part of a sum',
    program('let n = 0;', `const m = n + 1; ${pause} n = m;`, 'n = 10;', 'n'),
  ],
  [
    'an element',
    program('const a = [0];', `const m = a[0]; ${pause} a[0] = m + 1;`, 'a[0] = 10;', 'a[0]'),
  ],
  [
    'an element that is assigned to after a call',
    program('const a = [0];', 'a[0] += 1 + (yield* sys.sched_yield());', 'a[0]++;', 'a[0]'),
  ],
  [
    'a list that two push onto',
    program('const list = [];', `${pause} list.push(1);`, `list.push(2); ${pause}`, 'list.join()'),
  ],
  [
    'an argument that takes a call to find',
    program('const l = [];', 'l.push(yield* sys.sched_yield());', 'l.push(2);', 'l.join()'),
  ],
  [
    'an object that one keeps a reference of',
    program(
      'const all = { n: { v: 0 } };',
      `const mine = all.n; ${pause} const m = mine.v; ${pause} mine.v = m + 1;`,
      `${pause} all.n.v += 10;`,
      'all.n.v',
    ),
  ],
  [
    'an object that two variables lead to',
    program(
      'const a = { v: 0 }; const b = { a };',
      `const m = a.v; ${pause} a.v = m + 1;`,
      'b.a.v += 10;',
      'a.v',
    ),
  ],
  [
    'an object that one hands to the other and goes on to change',
    program(
      'const box = []; let seen = -1;',
      `const own = { v: 0 }; box.push(own); ${pause} own.v = 1;`,
      'if (box[0]) seen = box[0].v;',
      'seen',
    ),
  ],
  [
    'the values of a map',
    program(
      'const map = new Map([[1, { v: 0 }]]);',
      `const o = map.get(1); const m = o.v; ${pause} o.v = m + 1;`,
      'map.get(1).v += 10;',
      'map.get(1).v',
    ),
  ],
  [
    'a loop over a list that grows',
    program(
      'const list = [1, 2]; let seen = 0;',
      `for (const _ of list) { seen++; ${pause} }`,
      'list.push(3);',
      'seen',
    ),
  ],
  [
    'an iterator',
    program(
      'const list = [1, 2]; let seen = "";',
      `for (const x of list.values()) { seen += x; ${pause} }`,
      'list.unshift(3);',
      'seen',
    ),
  ],
  [
    'private fields behind methods',
    program(
      `class Counter {
        #n = 0;
        get() { return this.#n; }
        set(n) { this.#n = n; }
      }
      const c = new Counter();`,
      `const m = c.get(); ${pause} c.set(m + 1);`,
      'c.set(c.get() + 10);',
      'c.get()',
    ),
  ],
  [
    'a method that is a generator',
    program(
      `class Counter {
        #n = 0;
        *up(sys, by) { const m = this.#n; ${pause} this.#n = m + by; }
        get n() { return this.#n; }
      }
      const c = new Counter();`,
      'yield* c.up(sys, 1);',
      'yield* c.up(sys, 10);',
      'c.n',
    ),
  ],
  [
    'what an inner function hides',
    program(
      'const counter = () => { let n = 0; return { get: () => n, set: (m) => { n = m; } }; }; const c = counter();',
      `const m = c.get(); ${pause} c.set(m + 1);`,
      'c.set(c.get() + 10);',
      'c.get()',
    ),
  ],
  [
    'a parameter of a function that makes threads',
    `
function* work(sys, state, by) { const m = state.n; ${pause} state.n = m + by; }
export default function* main(sys) {
  const state = { n: 0 };
  const one = yield* sys.pthread_create((sys) => work(sys, state, 1));
  const two = yield* sys.pthread_create((sys) => work(sys, state, 10));
  yield* sys.pthread_join(one);
  yield* sys.pthread_join(two);
  return state.n;
}`,
  ],
  [
    'a generator that both go on with',
    program(
      'function* count() { let n = 0; for (;;) yield n++; } const c = count(); const got = [];',
      `const m = c.next().value; ${pause} got.push(m);`,
      'got.push(c.next().value);',
      'got.join()',
    ),
  ],
  [
    'an array that is taken apart',
    program(
      'const pair = [{ v: 0 }, 1];',
      `const [o] = pair; const m = o.v; ${pause} o.v = m + 1;`,
      'const { 0: p } = pair; p.v += 10;',
      'pair[0].v',
    ),
  ],
  [
    'a buffer that two read into',
    program(
      'const [r, w] = yield* sys.pipe2(0); yield* sys.write(w, "ab"); const b = new Uint8Array(1); let s = "";',
      'yield* sys.read(r, b); const m = b[0]; yield* sys.sched_yield(); s += m + (b[0] === m ? "" : "!");',
      'yield* sys.read(r, b);',
      's',
    ),
  ],
  [
    'an object that the other variable was made of',
    program(
      'const mine = { n: 0 }; const other = mine; let seen = -1;',
      `${pause} seen = other.n;`,
      '',
      'seen',
    ).replace('const two', `${pause} mine.n = 7; const two`),
  ],
  [
    'an argument of a function that makes a thread with it',
    `
function* start(sys, list) {
  return yield* sys.pthread_create(function* (sys) { ${pause} list.push(1); });
}
export default function* main(sys) {
  const mine = [];
  const one = yield* start(sys, mine);
  ${pause}
  mine.push(7);
  yield* sys.pthread_join(one);
  return mine.join();
}`,
  ],
  [
    'an argument that another function changes',
    `
function* start(sys, { list }) {
  return yield* sys.pthread_create(function* (sys) { ${pause} list.push(1); });
}
const add = (to, what) => { to.push(what); };
export default function* main(sys) {
  const mine = [];
  const one = yield* start(sys, { list: mine });
  ${pause}
  add(mine, 7);
  yield* sys.pthread_join(one);
  return mine.join();
}`,
  ],
  [
    'one of two that were taken out of the same array',
    `
function twice() { const made = { n: 0 }; return [made, made]; }
export default function* main(sys) {
  const [a, b] = twice();
  let seen = -1;
  const one = yield* sys.pthread_create(function* (sys) { ${pause} seen = b.n; });
  ${pause}
  a.n = 7;
  yield* sys.pthread_join(one);
  return seen;
}`,
  ],
  [
    'an element of an array that is gone through to make threads',
    `
export default function* main(sys) {
  const all = [{ n: 0 }];
  const ids = [];
  let seen = -1;
  for (const one of all) ids.push(yield* sys.pthread_create(function* (sys) { ${pause} seen = one.n; }));
  ${pause}
  all[0].n = 7;
  yield* sys.pthread_join(ids[0]);
  return seen;
}`,
  ],
  [
    'a field of an object whose method makes a thread',
    `
class Loop {
  items = [];
  *start(sys) { return yield* sys.pthread_create((sys) => this.run(sys)); }
  *run(sys) { ${pause} this.items.push(1); }
}
export default function* main(sys) {
  const loop = new Loop();
  const one = yield* loop.start(sys);
  ${pause}
  loop.items.push(7);
  yield* sys.pthread_join(one);
  return loop.items.join();
}`,
  ],
  [
    'what was put into a shared object and is changed by its own name',
    `
function* start(sys, box) {
  let seen = -1;
  const id = yield* sys.pthread_create(function* (sys) { ${pause} if (box.one) seen = box.one.n; });
  return [id, () => seen];
}
export default function* main(sys) {
  const box = {};
  const [id, seen] = yield* start(sys, box);
  const one = { n: 0 };
  box.one = one;
  ${pause}
  one.n = 7;
  yield* sys.pthread_join(id);
  return seen();
}`,
  ],
  [
    'what a function hands back that it was given',
    `
const same = (it) => it;
function* start(sys, box) {
  let seen = -1;
  const id = yield* sys.pthread_create(function* (sys) { ${pause} seen = box.n; });
  return [id, () => seen];
}
export default function* main(sys) {
  const box = { n: 0 };
  const [id, seen] = yield* start(sys, box);
  ${pause}
  same(box).n = 7;
  yield* sys.pthread_join(id);
  return seen();
}`,
  ],
  ...['a.subarray(0, 4)', 'new Uint8Array(a.buffer)', 'new DataView(a.buffer)'].map(
    (view): readonly [string, string] => [
      `memory of which the other has ${view}`,
      `
export default function* main(sys) {
  const a = new Uint8Array(8);
  const b = ${view};
  let seen = -1;
  const one = yield* sys.pthread_create(function* (sys) {
    ${pause}
    seen = b instanceof DataView ? b.getUint8(0) : b[0];
  });
  ${pause}
  a[0] = 7;
  yield* sys.pthread_join(one);
  return seen;
}`,
    ],
  ),
  [
    'memory that a call fills in by another name',
    `
function* start(sys, memory) {
  let seen = -1;
  const id = yield* sys.pthread_create(function* (sys) { ${pause} seen = memory[0]; });
  return [id, () => seen];
}
export default function* main(sys) {
  const [r, w] = yield* sys.pipe2(0);
  yield* sys.write(w, 'a');
  const mine = new Uint8Array(1);
  const [id, seen] = yield* start(sys, mine);
  yield* sys.read(r, mine);
  yield* sys.pthread_join(id);
  return seen();
}`,
  ],
];

describe('A program that says what it shares comes to all that it comes to', () => {
  test.each(races)('%s', (_, source) => {
    const all = outcomes(source, true);
    expect(all.length).toBeGreaterThan(1);
    expect(outcomes(source, 'told')).toEqual(all);
  });
});

/** What it is for: a list of results must not cost what all memory costs. */
test('Threads that hardly meet have far fewer executions than if they shared all memory', () => {
  const source = program(
    'const got = []; const [r, w] = yield* sys.pipe2(0);',
    `${pause} ${pause} got.push(yield* sys.write(w, "a"));`,
    `${pause} ${pause} got.push(yield* sys.write(w, "b"));`,
    'got.length',
  );
  const executions = (sharedMemory: SharedMemory): number =>
    check(programOf(source), { sharedMemory }).executions;
  expect(4 * executions('told')).toBeLessThan(executions(true));
});

/** The walk over a large program's data at each step would take longer than the executions that it saves. */
test('A variable that leads to very many objects is as good as all memory', () => {
  const source = program(
    'const many = []; for (let i = 0; i < 20000; i++) many.push({ v: 0 });',
    `const one = many[0]; const m = one.v; ${pause} one.v = m + 1;`,
    'many[0].v += 10;',
    'many[0].v',
  );
  expect(outcomes(source, 'told')).toEqual(outcomes(source, true));
});
