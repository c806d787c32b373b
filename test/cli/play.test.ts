import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { endOf, epollsim, fileWith, lines, played, scenario, slow, startEpollsim } from './run.ts';

const create = { call: 'epoll_create1', args: {}, bind: ['ep'] };

/**
 * A batch of recorded scenarios is compared line by line: one that is malformed must not shift the
 * others, nor pass unnoticed.
 */
test(
  'a transcript has one line for each document, malformed ones too, and the exit code is 1',
  slow,
  () => {
    const { code, out, err } = epollsim(
      ['play', '--format', 'transcript', '-'],
      [
        'not json',
        scenario('good', create),
        scenario('bad', { call: 'epoll_crate1' }),
        '[1]',
        '{"name":"later","mode":"concurrent","steps":[],"concurrent":{}}',
        scenario('last', create),
      ].join('\n'),
    );

    expect(lines(out).map((line) => JSON.parse(line) as unknown)).toEqual([
      { name: null, results: [], error: expect.stringContaining('not JSON') },
      { name: 'good', results: [{ step: 0, ret: 3 }], blocked: [] },
      { name: 'bad', results: [], error: 'step 0: unknown call "epoll_crate1"' },
      { name: null, results: [], error: 'the document is not an object' },
      { name: 'later', outcomes: [{ main: [], after: [] }], executions: 1, complete: true },
      { name: 'last', results: [{ step: 0, ret: 3 }], blocked: [] },
    ]);
    expect(lines(err)).toHaveLength(3);
    expect(code).toBe(1);
  },
);

/** recv(2) with a length of 0 and MSG_PEEK, data in front of an urgent byte: Linux spins as well. */
test('a scenario that spins in the kernel is ended, and the batch goes on', slow, () => {
  const spin = scenario(
    'spin',
    { call: 'socketpair', args: { domain: 'AF_UNIX', type: 'SOCK_STREAM' }, bind: ['a', 'b'] },
    { call: 'send', args: { fd: '$b', data: 'ab' } },
    { call: 'send', args: { fd: '$b', data: 'c', flags: 'MSG_OOB' } },
    { call: 'recv', args: { fd: '$a', len: 0, flags: 'MSG_PEEK' } },
  );

  const { code, out, err } = epollsim(['play', '-'], `${spin}\n${scenario('next', create)}\n`);

  const [first, second] = lines(out).map((line) => JSON.parse(line) as unknown);
  expect(first).toEqual({
    name: 'spin',
    results: [{ step: 0, ret: 0, fds: [3, 4] }, ...[2, 1].map((ret, i) => ({ step: i + 1, ret }))],
    error: expect.stringMatching(/^step 3: no rest after 1000000 steps: main is in recvfrom > /),
  });
  expect(second).toEqual({ name: 'next', results: [{ step: 0, ret: 3 }], blocked: [] });
  expect(lines(err)).toEqual([expect.stringContaining('standard input:1: spin: step 3: no rest')]);
  expect(code).toBe(1);
});

/** Of a picture given by mistake, each line would be a bad document. */
test('a binary file and one without anything are each refused in a line', slow, () => {
  const { code, out, err } = epollsim([
    'play',
    fileWith('\x7fELF\0\0\n\n', 'a'),
    fileWith('\n', 'b'),
  ]);

  expect(lines(err)).toEqual([
    expect.stringContaining('/a: expected a program or scenarios in JSON, found binary data'),
    expect.stringContaining('/b: expected at least one scenario, found nothing'),
  ]);
  expect(out).toBe('');
  expect(code).toBe(2);
});

/** Batches come from other systems, and in pieces. */
test('a byte order mark, CRLF, blank lines and a line of megabytes are read', slow, () => {
  const long = JSON.stringify({ name: 'long', about: 'x'.repeat(20_000_000), steps: [create] });
  const text = `\ufeff${scenario('one', create)}\r\n\r\n  \n${long}\n${scenario('two')}`;

  const { code, out } = epollsim(['play', '-', fileWith(scenario('file')), '-'], text);

  const names = lines(out).map((line) => (JSON.parse(line) as { name: string }).name);
  expect(names).toEqual(['one', 'long', 'two', 'file']);
  expect(code).toBe(2); // The second time nothing is left of standard input.
});

/** In a pipe the next program reads; nothing but transcripts may come. */
test('without a terminal the format is the transcript, and a good batch exits with 0', slow, () => {
  const { code, out, err } = epollsim(['play', '-'], `${scenario('one', create)}\n`);

  expect(out).toBe('{"name":"one","results":[{"step":0,"ret":3}],"blocked":[]}\n');
  expect(err).toBe('');
  expect(code).toBe(0);
});

/** A batch of a hundred thousand scenarios is streamed by tools that generate them. */
test('a batch that is larger than the memory of the process is played', slow, () => {
  const about = 'x'.repeat(20_000);
  const batch = Array.from({ length: 4_000 }, (_, i) =>
    JSON.stringify({ name: `s${i}`, about, steps: [create] }),
  );

  const { code, out } = epollsim(['play', '-'], batch.join('\n'), ['--max-old-space-size=50']);

  expect(lines(out)).toHaveLength(4_000);
  expect(code).toBe(0);
});

/** `epollsim play … | head -1` is how one looks at a large batch. */
test('a reader that goes away ends the command, quietly and without an error', slow, async () => {
  const batch = `${scenario('one', create)}\n`.repeat(20_000);
  const child = startEpollsim(['play', fileWith(batch)]);
  child.stdout?.once('data', () => child.stdout?.destroy());

  // Not 0: of a check that would say that nothing was found.
  expect(await endOf(child)).toEqual({ how: 141, err: '' });
});

/** A program may run for ever; who stops it wants the prompt back, and no stack trace. */
test('Ctrl-C ends a program that never ends, and nothing is said', slow, async () => {
  const program = fileWith('export default function* main(sys) { for (;;) yield* sys.getpid(); }');
  const child = startEpollsim(['play', '--format', 'strace', program]);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  child.stdout?.resume();

  const { how, err } = await endOf(child);

  expect(how).toBe('SIGINT');
  expect(err).toBe('epollsim: seed 0: each thread runs until it sleeps\n');
});

/** 6.10 is no number: read as one it is 6.1, a kernel of two years earlier. */
test.each([
  ['6.1', 'ENOTTY'],
  ['6.10', 'EINVAL'],
])('--kernel %s is the release of that name', async (release, errno) => {
  const steps = [create, { call: 'ioctl', args: { fd: '$ep', request: 'FIONREAD' } }];

  const { out } = await played('--kernel', release, fileWith(scenario('ioctl', ...steps)));

  expect(JSON.parse(out)).toMatchObject({ results: [{}, { errno }] });
});

/** A single fix is shown to matter by taking it out of a kernel that has it. */
test('--without takes a commit out, and --with puts one in', async () => {
  const steps = [create, { call: 'ioctl', args: { fd: '$ep', request: 'FIONREAD' } }];
  const path = fileWith(scenario('ioctl', ...steps));

  const without = await played('--without', '18e2bf0edf4d', path);
  const added = await played('--kernel', '6.1', '--with', '18e2bf0edf4d', path);

  expect(without.out).toContain('ENOTTY');
  expect(added.out).toContain('EINVAL');
});

/** A trace for the browser, or a log to attach, goes to a file. */
test('-o writes to a file, and nothing to standard output', slow, () => {
  const path = fileWith('', 'trace.json');

  const { code, out } = epollsim(
    ['play', '-f', 'perfetto', '-o', path, '-'],
    scenario('one', create),
  );

  expect(out).toBe('');
  expect(code).toBe(0);
  const trace = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: { name?: string }[] };
  expect(trace.traceEvents.some(({ name }) => name === 'epoll_create1')).toBe(true);
});

/** Who mistypes a name, or mends a file in place as with sed -i, must not lose the file. */
test('-o leaves a file alone that is an input, or when no input can be read', slow, () => {
  const text = scenario('one', create);
  const path = fileWith(text, 'one.json');
  const link = join(dirname(path), 'link.json');
  symlinkSync(path, link);

  const same = epollsim(['play', '-o', path, path]);
  const linked = epollsim(['play', '-o', link, path]);
  const missing = epollsim(['play', '-o', path, 'nosuch.json']);
  const nowhere = epollsim(['play', '-o', '/no/such/x', path]);

  expect(same.err).toContain(`expected another file than the inputs, found ${path}`);
  expect(linked.err).toContain(`expected another file than the inputs, found ${path}`);
  expect(missing.err).toBe('epollsim: cannot read nosuch.json: there is no such file\n');
  expect(nowhere.err).toBe('epollsim: cannot write /no/such/x: there is no folder /no/such\n');
  expect([same, linked, missing, nowhere].map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

/** A trace that was stopped is opened all the same: it shows what went on. */
test('Ctrl-C closes a perfetto trace, and the exit code is 130', slow, async () => {
  const path = fileWith('', 'trace.json');
  const program = fileWith('export default function* main(sys) { for (;;) yield* sys.getpid(); }');
  const options = ['--max-steps', '9999999999', '-f', 'perfetto', '-o', path];
  const child = startEpollsim(['play', ...options, program]);
  const ended = endOf(child);
  while (statSync(path).size === 0) await new Promise((done) => setTimeout(done, 20));
  child.kill('SIGINT');

  expect((await ended).how).toBe(130);
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as {
    traceEvents: { ph: string }[];
  };
  const count = (wanted: string): number => traceEvents.filter(({ ph }) => ph === wanted).length;
  expect(count('B')).toBeGreaterThan(10);
  expect(count('E')).toBe(count('B'));
});

/** The words in the transcript are fixed; who mends a scenario needs more than "bad argument". */
test('standard error says what was expected, and the transcript does not', slow, () => {
  const bad = [
    scenario('unmarked', { call: 'close', args: { fd: 'ep' } }),
    scenario('typo', { call: 'epoll_create1', args: { flags: 'EPOL_CLOEXEC' } }),
    scenario('bar', { call: 'pipe2', args: { flags: 'O_NONBLOCK|' } }),
    '{"name":"","steps":[]}',
  ];

  const { out, err } = epollsim(['play', '-'], bad.join('\n'));

  expect(lines(out).map((line) => (JSON.parse(line) as { error: string }).error)).toEqual([
    'step 0: bad argument "fd"',
    'step 0: unknown flag "EPOL_CLOEXEC"',
    'step 0: unknown flag ""',
    '"name" is empty',
  ]);
  expect(lines(err).map((line) => line.replace(/^epollsim: standard input:/, ''))).toEqual([
    '1: unmarked: step 0: bad argument "fd": expected a descriptor, found "ep"; ' +
      'a bound name begins with "$"',
    '2: typo: step 0: unknown flag "EPOL_CLOEXEC": did you mean EPOLL_CLOEXEC?',
    '3: bar: step 0: unknown flag "": expected a name or an integer on each side of every "|"',
    '4: "name" is empty',
  ]);
});

/** A file in Latin-1: the line is refused, and no other is lost or read with other letters. */
test('bytes that are not UTF-8 make one document bad', slow, () => {
  const path = fileWith('');
  const good = scenario('süß 😀 \ufffd');
  writeFileSync(
    path,
    Buffer.concat(
      [good, '\n{"name":"\xe4","steps":[]}\n', good].map((text, i) =>
        Buffer.from(text, i === 1 ? 'latin1' : 'utf8'),
      ),
    ),
  );

  const { out } = epollsim(['play', path]);

  expect(lines(out).map((line) => JSON.parse(line) as object)).toMatchObject([
    { name: 'süß 😀 \ufffd', blocked: [] },
    { error: 'the document is not UTF-8: line 2, column 10: bytes that are no character' },
    { name: 'süß 😀 \ufffd', blocked: [] },
  ]);
});

/** The table is what a person sees first; it must be the table of the documentation. */
test('the table has the state on the left and a column for each thread', async () => {
  const text = JSON.stringify({
    name: 'wake',
    about: 'a write wakes t1',
    threads: ['main', 't1'],
    steps: [
      { call: 'eventfd2', args: { initval: 0 }, bind: ['ev'] },
      create,
      {
        call: 'epoll_ctl',
        args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$ev', events: 'EPOLLIN', data: 7 },
      },
      { thread: 't1', call: 'epoll_wait', args: { epfd: '$ep', maxevents: 8, timeout: -1 } },
      { call: 'sleep', args: { ms: 20 } },
      { call: 'write', args: { fd: '$ev', value: 1 } },
    ],
  });

  const { out } = await played('--format', 'table', fileWith(text));

  expect(out).toBe(`wake: a write wakes t1
 step │ state after it            │ main                           │ t1
──────┼───────────────────────────┼────────────────────────────────┼────────────────────────────────
    0 │                           │ eventfd2(0, 0) = 3             │
    1 │ ep4 -                     │ epoll_create1(0) = 4           │
    2 │ ep4 -                     │ epoll_ctl(4, ADD, 3, IN, 7) =  │
      │                           │ 0                              │
    3 │ ep4  asleep t1            │                                │ epoll_wait(4, 8, -1) …
      … 20 ms later …
    4 │ ep4  asleep t1            │ nanosleep(20 ms) = 0           │
    5 │ ep4  ready 3              │ write(3, 1) = 8                │ ↳ epoll_wait = 1 [IN 7]
      │ eventfd3  1               │                                │
`);
});

/** Every format has to get through every kind of scenario; a crash in one shows nowhere else. */
test.each(['strace', 'graph', 'state', 'perfetto', 'mermaid', 'table'])(
  '--format %s plays every example',
  async (format) => {
    const examples = ['who-is-woken.ndjson', 'overflow-list.json', 'pipe-every-write.json'];

    const { code, out } = await played('-f', format, ...examples.map((name) => `examples/${name}`));

    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(1000);
  },
);

/** What stands behind a table is for programs; each line has to be JSON by itself. */
test.each(['table', 'state', 'strace', 'graph'])(
  '--json gives an object a line for %s',
  async (format) => {
    const add = { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$ev', data: '18446744073709551615' };
    const text = scenario(
      'big',
      create,
      { call: 'eventfd2', args: { initval: 0 }, bind: ['ev'] },
      { call: 'epoll_ctl', args: add },
    );

    const { code, out } = await played('--json', '-f', format, fileWith(text));

    expect(lines(out).map((line) => typeof JSON.parse(line))).not.toContain('string');
    expect(lines(out).length).toBeGreaterThan(1);
    expect(code).toBe(0);
  },
);
