import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheck } from '../../src/cli/check_options.ts';
import { UsageError } from '../../src/cli/errors.ts';
import { concurrently, read, step, wait, watchedPair, write } from '../support/outcomes.ts';
import { root } from '../support/tidy.ts';
import { endOf, epollsim, fileWith, lines, played, scenario, slow, startEpollsim } from './run.ts';

const race = JSON.stringify(
  concurrently({
    steps: watchedPair('EPOLLIN'),
    concurrent: { main: [write('b', 'x')], t1: [wait(0)] },
    after: [read('a')],
  }),
);
/** Far more interleavings than anybody waits for. */
const endless = JSON.stringify(
  concurrently({
    steps: watchedPair('EPOLLIN'),
    concurrent: {
      main: [write('b', 'x'), write('b', 'x'), write('b', 'x')],
      t1: [wait(0), read('a', 1), wait(0), read('a', 1)],
      t2: [wait(0), read('a', 1), wait(0), read('a', 1)],
    },
  }),
);
const answer =
  '{"name":"test","outcomes":[' +
  '{"main":[{"ret":1}],"t1":[{"ret":0,"events":[]}],"after":[{"ret":1,"data":"x"}]},' +
  '{"main":[{"ret":1}],"t1":[{"ret":1,"events":[{"events":"EPOLLIN","data":1}]}],' +
  '"after":[{"ret":1,"data":"x"}]}]';

/** One thread's addition is lost on some schedule. */
const lostUpdate = `
import { state } from './state.ts';
export default function* main(sys) {
  state.n = 0;
  const one = yield* sys.pthread_create(function* (sys) {
    const before = state.n;
    yield* sys.sched_yield();
    state.n = before + 1;
  });
  const two = yield* sys.pthread_create(function* () { state.n += 10; });
  yield* sys.pthread_join(one);
  yield* sys.pthread_join(two);
  if (state.n !== 11) throw new Error('returns 11 and ' + state.n);
}`;

/** Whether the writer was behind its call when the reader was told. */
const toldByWrite = `
export default function* main(sys) {
  let isSet = false;
  let found = false;
  const event = yield* sys.eventfd2(0, 0);
  const thread = yield* sys.pthread_create(function* (sys) {
    yield* sys.read(event, new Uint8Array(8));
    found = isSet;
  });
  yield* sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
  isSet = true;
  yield* sys.pthread_join(thread);
  if (!found) throw new Error('too early');
}`;

describe('play', () => {
  /** A batch is answered line by line, whatever kinds of scenarios it has. */
  test('answers concurrent scenarios among the others, in their order', async () => {
    const lockstep = scenario('one', step('epoll_create1', { flags: 0 }));
    const batch = fileWith(`${lockstep}\n${race}\n${lockstep}\n`);
    const { code, out } = await played(batch);
    const [first, second, third] = lines(out);

    expect(code).toBe(0);
    expect(second?.startsWith(`${answer},"executions":`)).toBe(true);
    expect(second?.endsWith(',"complete":true}')).toBe(true);
    expect(third).toBe(first);
    expect(first).toContain('"results":[{"step":0,"ret":3}]');
  });

  /** The words of the format, for whoever compares answers. */
  test('answers a concurrent scenario that is at fault with its error', async () => {
    const close = step('close', { fd: '$e' });
    const wrong = concurrently({ concurrent: { main: [close] } });
    const { code, out } = await played(fileWith(JSON.stringify(wrong)));

    expect(code).toBe(1);
    expect(lines(out)).toEqual([
      '{"name":"test","results":[],"error":"concurrent main: step 0: $e is not bound"}',
    ]);
  });

  /** What a person sees of a race: what can come of it, and how. */
  test('shows each outcome in a table, with an interleaving that leads to it', async () => {
    const { out } = await played('-f', 'table', fileWith(race));

    expect(out).toMatch(/^test: 2 outcomes in \d+ executions, every interleaving was covered\n/);
    expect(out).toContain('  t1     epoll_wait = 1 (EPOLLIN 1)\n');
    expect(out).toContain('  after  read = 1 ("x")\n');
    expect(out).toMatch(/outcome 1, in \d+ executions?\n/);
    expect(out).toMatch(/ep_poll_callback: onto/);
  });

  /** Better than a page of something else. */
  test('says which formats show a concurrent scenario', async () => {
    expect((await played('-f', 'strace', fileWith(race))).code).toBe(1);
  });
});

describe('check', () => {
  /** What a script looks at. */
  test('ends with 0 where everything was covered, and with 4 where it was not', slow, () => {
    const whole = epollsim(['check', '--json', '-'], race);
    const part = epollsim(['check', '--json', '--max-executions', '1', '-'], race);

    expect(whole).toMatchObject({ code: 0, err: '' });
    expect(whole.out.startsWith(answer)).toBe(true);
    expect(part.code).toBe(4);
    expect(part.err).toMatch(
      /^epollsim: test: 1 executions are done and more are left: raise --max-exec/,
    );
    expect(part.out.endsWith(',"complete":false}\n')).toBe(true);
  });

  /** A program of several files, whose author knows what was thrown and looks for the line. */
  test(
    'says where an exception was thrown, and an assertion failed, in the files of the user',
    slow,
    () => {
      const thrown = fileWith(
        "import { AF_UNIX } from 'epollsim';\n" +
          'function* inner(sys: unknown) {\n' +
          "  throw new RangeError('deep');\n" +
          '}\n' +
          'export default function* main(sys) {\n' +
          '  let n = AF_UNIX;\n' +
          '  yield* sys.pthread_create(function* (sys) { n = 0; yield* sys.getpid(); });\n' +
          '  yield* sys.getpid();\n' +
          '  if (n === 0) yield* inner(sys);\n' +
          '}\n',
        'deep.ts',
      );
      const { code, out } = epollsim(['check', thrown]);
      expect(out).toContain(
        'exception: A program threw what nobody caught: RangeError: deep.\n' +
          `  at inner (${thrown}:3:9)\n` +
          `  at main (${thrown}:9:23)\n` +
          '  ',
      );
      expect(code).toBe(1);
      const { findings } = JSON.parse(epollsim(['check', '--json', thrown]).out);
      expect(findings[0].thrown_at).toEqual([
        `at inner (${thrown}:3:9)`,
        `at main (${thrown}:9:23)`,
      ]);

      const { out: asserted } = epollsim(['check', 'examples/false-negative.ts']);
      expect(asserted).toContain('is found.\n  at ask (examples/false-negative.ts:18:9)\n');
    },
  );

  /** Whoever has found something and wants to look at it: no schedule is to be copied by hand. */
  test('writes the schedule of a program with --out, for play and check', slow, () => {
    const schedule = fileWith('', 'kept.schedule');
    const program = 'examples/false-negative.ts';
    const { code, out } = epollsim(['check', '--out', schedule, program]);
    expect(code).toBe(1);
    expect(readFileSync(schedule, 'utf8')).toMatch(/^# epollsim schedule 1\n# kernel 6\.18\n/);
    expect(out).toContain('the schedule, for --schedule FILE');
    const two = epollsim(['check', '--out', schedule, program, program]);
    expect(two.err).toContain(
      '--out: expected one program, whose schedule it is for, found 2 files',
    );
    expect(two.code).toBe(2);
    const again = epollsim(['play', program, '--schedule', schedule]);
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining('assertion failed in t2'),
    });
  });

  /** Along its own schedule it was said to be a program that goes another way each time. */
  test('finds again what needs a liberty, along its schedule and by chance', slow, () => {
    const program = fileWith(
      `
      export default function* main(sys) {
        const [reader, writer] = yield* sys.pipe2(0);
        yield* sys.write(writer, 'hello');
        const n = yield* sys.read(reader, new Uint8Array(8));
        if (n !== 5) throw { n };
      }`,
      'careless.ts',
    );
    const schedule = fileWith('', 'careless.schedule');
    const found = epollsim(['check', '--liberties', 'all', '--out', schedule, program]);
    expect(found.out).toContain('short-read: the next read of pipe3 gets 1 byte');
    for (const options of [
      ['--schedule', schedule],
      ['--liberties', 'all', '--strategy', 'random'],
    ]) {
      const { code, out } = epollsim(['check', ...options, program]);
      expect(code).toBe(1);
      expect(out).toMatch(/threw what nobody caught: \{ n: \d \}\./);
      expect(out).toMatch(/ {4}short-read: the next read of pipe3 gets /);
      expect(out).not.toContain('goes another way');
    }
  });

  /** A module that counts how often it was called: the command ended with a crash of its own. */
  test('says of what does not come again that it came once, and why that may be', slow, () => {
    const counting = `
      let runs = 0;
      export default function* main(sys) {
        yield* sys.eventfd2(0, 0);
        if (++runs === 1) throw new Error('the first time');
      }`;
    const { code, out, err } = epollsim(['check', '-'], counting);

    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain('exception: main threw what nobody caught: Error: the first time.\n');
    expect(out).toContain('  seen in execution 1, and not again along the same steps: the program');
    expect(out).not.toContain('the schedule, for');
    const { findings } = JSON.parse(epollsim(['check', '--json', '-'], counting).out) as {
      findings: readonly object[];
    };
    expect(findings).toMatchObject([{ repeats: false, schedule: [] }]);
  });

  /** A call that came back at once has to wait when it is run again: the command said that Linux is broken. */
  test('says of a program that goes another way that it does, and why that may be', slow, () => {
    const changing = `
      let runs = 0;
      export default function* main(sys) {
        const [reader, writer] = yield* sys.pipe2(0);
        const byte = new Uint8Array(1);
        const thread = yield* sys.pthread_create(function* (sys) {
          yield* sys.write(writer, byte);
          if (runs++ % 2 === 0) yield* sys.dup(0);
          else yield* sys.read(reader, byte);
          yield* sys.write(writer, byte);
        });
        yield* sys.dup(writer);
        yield* sys.read(reader, byte);
        yield* sys.pthread_join(thread);
      }`;
    const { code, out, err } = epollsim(['check', '--json', '-'], changing);

    expect(code).toBe(1);
    expect(err).toContain('standard input: the program goes another way when it is run again');
    expect(JSON.parse(out)).toEqual({
      program: 'standard input',
      error: expect.stringContaining("put what it keeps into the program's function") as string,
    });
  });

  /** The names of an option of the library help nobody who types a command. */
  test('names the option of the command by which a limit is raised', slow, () => {
    const { out } = epollsim(['check', '--max-executions', '1', 'examples/false-negative.ts']);
    expect(out).toContain('1 executions are done and more are left: raise --max-executions, bound');
  });

  /** Somebody who has seen enough wants what there is. */
  test('ends at Ctrl-C with what was found until then', slow, async () => {
    const child = startEpollsim(['check', '--json', fileWith(endless)]);
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    setTimeout(() => child.kill('SIGINT'), 6000);

    expect(await endOf(child)).toEqual({ how: 130, err: '' });
    expect(out).toMatch(
      /^\{"name":"test","outcomes":\[.+\],"executions":\d+,"complete":false\}\n$/,
    );
  });

  /** Whoever writes a program does not first say which of its variables its threads share. */
  test('sees what the threads of a program share, in other modules too', slow, () => {
    const program = fileWith(lostUpdate, 'main.ts');
    writeFileSync(join(dirname(program), 'state.ts'), 'export const state = { n: 0 };');
    const found = epollsim(['check', program]);
    const unshared = epollsim(['check', '--unshared', program]);

    expect(found.err).toBe('');
    expect(found.out).toContain('returns 11 and 1');
    expect(found.code).toBe(1);
    expect(unshared.code).toBe(0);
  });

  /** What cannot be seen must not be taken for what is not there. */
  test('takes it that all is shared where it cannot see, and says so', slow, () => {
    const program = fileWith(lostUpdate.replace('./state.ts', './s.ts'), 'main.ts');
    const state = 'export const state = { n: 0 }; export const f = Object.bind({});';
    writeFileSync(join(dirname(program), 's.ts'), state);
    const { code, err } = epollsim(['check', program]);

    expect(err).toContain('threads are taken to share all their variables, for bind() hands on');
    expect(code).toBe(1);
  });

  /** What is left of a check grows with the square of the steps, and would not fit into memory. */
  test('does without a checkpoint of what takes very many steps, and says so', slow, () => {
    const program = join(root, 'examples/chat.ts');
    const kept = join(dirname(fileWith('')), 'left.json');
    const { code, err } = epollsim([
      'check',
      '--max-executions',
      '1',
      '--checkpoint',
      kept,
      program,
    ]);

    expect(err).toContain('what is left to do is too much for a checkpoint');
    expect(code).toBe(4);
  });

  /** Whoever reads that every interleaving was covered goes home. */
  test('says that only calls were interleaved, and covers more when asked to', slow, () => {
    const program = fileWith(toldByWrite);
    const shared = epollsim(['check', '--shared', program]);

    expect(shared.code).toBe(0);
    expect(shared.out).toContain('every interleaving of its calls was covered');
    expect(shared.out).toContain('--shared-anytime lets others come between');
    expect(epollsim(['check', '--shared', '--json', program]).out).toContain('"ofCalls":true');
    for (const option of ['--shared-anytime', '--json']) {
      const { code, out } = epollsim(['check', option, program]);
      expect([code, out]).toEqual([1, expect.stringContaining('too early')]);
    }
  });

  /** A mistake must not be taken for a check that has found nothing. */
  test.each([
    [[], 'expected a file'],
    [['x', '--shared', '--unshared'], '--shared: expected no --unshared beside it'],
    [
      ['x', '--strategy', 'best'],
      '--strategy: expected exhaustive, random, pct, replay, found "best"',
    ],
    [['x', '--strategy', 'replay'], 'expected --schedule FILE beside it'],
    [['x', '--seed', '2'], '--seed: expected --strategy random or pct'],
    [['x', '--strategy', 'pct', '--preemptions', '2'], '--preemptions: expected --strategy exh'],
    [['x', '--kernel', '1.0'], '1.0'],
  ])('refuses %j', (args, message) => {
    expect(() => readCheck(['check', ...args])).toThrow(UsageError);
    expect(() => readCheck(['check', ...args])).toThrow(message);
  });
});
