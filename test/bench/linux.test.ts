/** The C program and the model do the same work, or the ratio says nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildLinux } from '../../bench/linux.ts';
import { newMachine, works } from '../../bench/model/works.ts';
import { Side } from '../../bench/side.ts';

const folder = mkdtempSync(join(tmpdir(), 'epollsim-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linux = buildLinux(folder);
if ('why' in linux) process.stderr.write(`not compared with Linux: ${linux.why}\n`);

/** How many events so many rounds have on the model. */
function modelEvents([name = '', ...args]: readonly string[], which: number): number {
  const work = works.get(name);
  if (work === undefined) throw new Error(`no work ${name}`);
  const machine = newMachine();
  const spawned = machine.spawn(function* (sys) {
    const play = yield* work(sys, args);
    yield* play(1, which);
    const { events } = yield* play(rounds, which);
    yield* sys.exit_group(events); // Threads that wait would keep it from its end.
  });
  machine.run();
  const { result } = spawned;
  if (result?.how !== 'exited') throw new Error(`the work has not come to its end: ${result?.how}`);
  return result.status;
}

async function linuxEvents(program: string, words: readonly string[], which: number) {
  const side = await Side.linux(program, words, new AbortController().signal);
  try {
    await side.play(1, which);
    return (await side.play(rounds, which)).events;
  } finally {
    side.end();
  }
}

const rounds = 3;

const tiny: readonly (readonly [string, number, number])[] = [
  ...['lt', 'et', 'oneshot'].flatMap((trigger) =>
    ['unix', 'pipe', 'eventfd', 'tcp'].map(
      (medium) => [`round-trip ${trigger} ${medium}`, 0, rounds] as const,
    ),
  ),
  ['ctl 10', 0, 5 * rounds],
  ['ctl 10', 1, 5 * rounds],
  ['ctl 10', 2, 5 * rounds],
  ['epoll_wait 10', 1, rounds],
  ['epoll_wait 10', 4, 4 * rounds],
  ['waiters 3 shared', 0, rounds],
  ['waiters 3 exclusive', 0, rounds],
  ['nested 4', 0, rounds],
  ['poll 10', 0, rounds],
  ['select 10', 0, rounds],
  ['echo unix 10 4', 0, 4 * rounds],
  ['echo tcp 10 4', 0, 4 * rounds],
];

/** Whoever reads a ratio of two works that are not the same. */
test.each(tiny)('%s, %i: the model has %i events', (words, which, events) => {
  expect(modelEvents(words.split(' '), which)).toBe(events);
});

test.runIf('program' in linux).each(tiny)(
  '%s, %i: Linux has %i events',
  async (words, which, events) => {
    const { program } = linux as { program: string };
    expect(await linuxEvents(program, words.split(' '), which)).toBe(events);
  },
);

/** Somebody whose RLIMIT_NOFILE is lower than what a row needs reads why there is no figure. */
test.runIf('program' in linux)('what cannot be done here is said, and no measurement', async () => {
  const { program } = linux as { program: string };
  const limited = Side.linux(
    'sh',
    ['-c', `ulimit -n 100; exec ${program} poll 200`],
    new AbortController().signal,
  );
  const outcome = await limited.then(
    (side) => side.end(),
    (error: Error) => error.message,
  );
  // Who may raise the limit does so.
  expect([undefined, 'Linux: RLIMIT_NOFILE is 100 and cannot be raised']).toContain(outcome);
});
