/** C programs of scenarios that the corpus does not have: at fault, with odd names, with a schedule. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { embeddedRuntime } from '../../scripts/embed.ts';
import { answerOf } from '../../src/export/answer.ts';
import { artefactToC } from '../../src/export/c.ts';
import * as flags from '../../src/scenario/flags.ts';
import { OutcomeSearch } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { compilerSays, runAll, whyNotHere } from './programs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const why = whyNotHere('6.18');
if (why !== null) console.log(`exported C programs are not run: ${why}`);

/** For tests that build programs, on a machine that is busy with other things. */
const slow = { timeout: 120_000 };

const asC = (scenario: unknown): string => artefactToC({ scenario });

test('The module with the runtime has what is in runtime.c', () => {
  const module = readFileSync(`${root}src/export/c/runtime_text.ts`, 'utf8');
  expect(module).toBe(embeddedRuntime());
});

const epoll = { call: 'epoll_create1', args: { flags: 0 }, bind: ['ep'] };
const wait = { thread: 't1', call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: -1 } };
const socket = {
  call: 'socket',
  args: { domain: 'AF_INET', type: 'SOCK_STREAM' },
  bind: ['s'],
};

/** The format says in which words a scenario is at fault; a program that dies instead says nothing. */
describe.skipIf(why !== null)('A scenario at fault is answered in the words of the format:', () => {
  test.each([
    ['a blocked thread', { threads: ['main', 't1'], steps: [epoll, wait, wait] }],
    [
      'a name that is not bound',
      {
        steps: [
          { ...epoll, args: { flags: 77 } },
          { call: 'close', args: { fd: '$ep' } },
        ],
      },
    ],
    [
      'a target without an address',
      { steps: [socket, { call: 'connect', args: { fd: '$s', to: '$s' } }] },
    ],
    [
      'a release of nothing',
      {
        threads: ['main', 't1'],
        steps: [epoll, wait, { call: 'release', args: { thread: 't1' } }],
      },
    ],
    [
      'a thread that has ended',
      {
        version: 2,
        threads: ['main', 'c'],
        steps: [
          { call: 'fork', args: { child: 'c' } },
          { thread: 'c', call: 'exit', args: { status: 3 } },
          { thread: 'c', call: 'close', args: { fd: 9 } },
        ],
      },
    ],
    [
      'a thread that is blocked before "concurrent"',
      { mode: 'concurrent', threads: ['main', 't1'], steps: [epoll, wait], concurrent: {} },
    ],
  ])('%s', slow, async (_, scenario) => {
    const [built] = await runAll([asC(scenario)]);
    expect(built?.stdout).toBe(`${answerOf(scenario)}\n`);
    expect(built?.stdout).toContain('"error":');
  });
});

/** Names are free in a scenario, and C takes many for itself. */
test.skipIf(why !== null)(
  'Names that mean something in C, or nothing, do no harm',
  slow,
  async () => {
    const odd = [
      'int',
      'unix',
      'errno',
      '9',
      'a b',
      'a_b',
      'é',
      '"',
      '\\',
      '??/',
      '_x',
      'NULL',
      'FD',
      'st_mode',
    ];
    const threads = ['main', 'signal', 'a"b', 'a b', 'a_b', '*/', 'émile'];
    const steps = [
      ...odd.map((name) => ({ call: 'eventfd2', args: { initval: 0 }, bind: [name] })),
      ...threads.slice(1).map((thread, i) => ({
        thread,
        call: 'read',
        args: { fd: `$${odd[i]}`, len: 8 },
      })),
      { call: 'write', args: { fd: '$é', data: 'é"\\\n\u0001??/' } },
    ];
    const scenario = {
      name: 'odd "names" */ ??/',
      about: 'ends */ here /* or ???/',
      threads,
      steps,
    };
    const [built] = await runAll([asC(scenario)]);
    expect(built).toEqual({ stdout: `${answerOf(scenario)}\n`, stderr: '', status: 0 });
  },
);

test.skipIf(why !== null)('A scenario without a step has no results', slow, async () => {
  const scenario = { steps: [] };
  const [built] = await runAll([asC(scenario)]);
  expect(built).toEqual({ stdout: `${answerOf(scenario)}\n`, stderr: '', status: 0 });
});

const expiring = asC({
  mode: 'concurrent',
  threads: ['main', 't1'],
  steps: [
    { call: 'pipe2', args: { flags: 'O_NONBLOCK' }, bind: ['r', 'w'] },
    epoll,
    { call: 'epoll_ctl', args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' } },
  ],
  concurrent: {
    main: [{ call: 'write', args: { fd: '$w', data: 'x' } }],
    t1: [{ call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: 20 } }],
  },
});

/** Whoever loops for an outcome in which a timeout runs out has to wait that long now and then. */
test.skipIf(why !== null)('A timeout runs out before the event in some rounds', slow, async () => {
  const [built] = await runAll([expiring], ['--loops', '1500']);
  const { outcomes } = JSON.parse(built?.stdout ?? '') as { outcomes: unknown[] };
  expect(outcomes).toHaveLength(2);
});

test.skipIf(why !== null).each(['0', '-5', 'many'])(
  'A number of rounds is 1 or more: %s is refused',
  slow,
  async (loops) => {
    const [built] = await runAll([expiring], ['--loops', loops]);
    expect(built?.status).toBe(2);
    expect(built?.stderr).toContain('N from 1 on');
  },
);

/** What somebody reads first is how the race comes about; what they want to know last is whether it did. */
test.skipIf(why !== null)(
  'With a schedule the program tells its steps and looks for its outcome',
  slow,
  async () => {
    const document: unknown = JSON.parse(readFileSync(`${root}examples/two-waiters.json`, 'utf8'));
    const search = new OutcomeSearch(parseScenario(document));
    while (search.next());
    const [found] = search.outcomes().found;
    if (found === undefined) throw new Error('there are no outcomes');
    const schedule = search.scheduleOf(found);
    const text = artefactToC({ scenario: document, schedule }, { loops: 300 });
    const steps = schedule.split('\n').filter((line) => /^[^#]/.test(line));
    for (const step of steps) expect(text).toContain(` *   ${step}`);
    const [built] = await runAll([text]);
    expect(JSON.parse(built?.stdout ?? '')).toMatchObject({ executions: 300, complete: false });
    const seen = built?.stdout.includes(found.text) === true;
    expect(built?.stderr).toContain(
      seen ? 'was among them' : '300 rounds did not show the outcome',
    );
  },
);

interface Written {
  readonly call: string;
  readonly args: object;
}

/** Calls that together have every name that an argument takes, and the numbers at the ends of an int. */
function everyName(): Written[] {
  const steps: Written[] = [];
  const add = (call: string, args: object): unknown => steps.push({ call, args });
  const each = (family: flags.FlagFamily, use: (name: string) => void): void => {
    for (const name of family.keys()) use(name);
  };
  each(flags.epollEventFamily, (events) => add('epoll_ctl', { epfd: 3, op: 1, fd: 4, events }));
  each(flags.epollCtlFamily, (op) => add('epoll_ctl', { epfd: 3, op, fd: 4 }));
  each(flags.pollEventFamily, (events) => add('poll', { fds: [{ fd: 1, events }], timeout: 0 }));
  each(flags.openFamily, (one) => add('open', { path: 'x', flags: one }));
  each(flags.laterFcntlFamily, (cmd) => add('fcntl', { fd: 1, cmd, arg: 1 }));
  each(flags.domainFamily, (domain) => add('socket', { domain, type: 1 }));
  each(flags.socketTypeFamily, (type) => add('socket', { domain: 1, type }));
  each(flags.protocolFamily, (protocol) => add('socket', { domain: 1, type: 1, protocol }));
  each(flags.msgFamily, (one) => add('recvmsg', { fd: 1, len: 1, flags: one }));
  each(flags.shutdownFamily, (how) => add('shutdown', { fd: 1, how }));
  for (const level of ['SOL_SOCKET', 'IPPROTO_TCP', 'IPPROTO_IP']) {
    each(flags.optionFamily, (name) => add('getsockopt', { fd: 1, level, name }));
  }
  each(flags.eventfdFamily, (one) => add('eventfd2', { initval: 1, flags: one }));
  each(flags.timerfdFamily, (one) => add('timerfd_settime', { fd: 1, flags: one, value_ms: 1 }));
  each(flags.clockFamily, (clock) => add('timerfd_create', { clock, flags: 0 }));
  each(flags.laterIoctlFamily, (request) => add('ioctl', { fd: 1, request, arg: 1 }));
  each(flags.terminalFamily, (one) =>
    add('tcsetattr', { fd: 1, actions: 'TCSADRAIN', iflag: one, oflag: one, lflag: one }),
  );
  each(flags.signalFamily, (signal) => add('kill', { thread: 'main', signal }));
  each(flags.maskFamily, (how) => add('sigprocmask', { how, set: [] }));
  each(flags.sigactionFamily, (one) =>
    add('sigaction', { signal: 'SIGUSR1', handler: 'caught', flags: one }),
  );
  each(flags.inotifyFamily, (mask) => add('inotify_add_watch', { fd: 1, path: 'x', mask }));
  each(flags.whenceFamily, (whence) => add('lseek', { fd: 1, offset: -5, whence }));
  each(flags.waitFamily, (options) => add('waitid', { fd: 1, options }));
  each(flags.pidfdFamily, (one) => add('pidfd_open', { process: 'main', flags: one }));
  for (const n of [-0x80000000, -1, 0x7fffffff]) {
    add('socket', { domain: n, type: n, protocol: n });
    add('epoll_wait', { epfd: n, maxevents: n, timeout: n });
    add('epoll_ctl', { epfd: n, op: n, fd: n, events: n, data: n });
    add('recv', { fd: n, len: 0, flags: n });
    add('setsockopt', { fd: n, level: n, name: n, value: n });
    add('fcntl', { fd: n, cmd: n, arg: n });
    add('ioctl', { fd: n, request: n, arg: n });
    add('ppoll', { fds: [{ fd: n, events: -32768 }], timeout_ns: n });
    add('pselect6', { timeout_ns: n });
    add('readv', { fd: n, lens: [] });
    add('writev', { fd: n, parts: ['', '\0'] });
    add('sendmsg', { fd: n, data: '', fds: [1, 2, 3] });
    add('recvmsg', { fd: n, len: 0, fds: 3 });
  }
  return steps;
}

/** A flag that this machine's headers have not heard of would keep the program from being built. */
test.skipIf(why !== null)(
  'Every name that an argument can have is known to the C compiler',
  slow,
  async () => {
    const text = asC({ version: 2, steps: everyName() });
    for (const level of ['-O0', '-O2']) expect(await compilerSays(text, level)).toBe('');
  },
);

/** Built by clang it had EINVAL where Linux has events: syscall() takes whole words, by the stack. */
test('What an int would leave of a word is written where epoll_pwait2 is called', () => {
  const args = { epfd: '$ep', maxevents: 1, timeout_ns: 0, sigmask: ['SIGUSR1'] };
  const text = asC({ steps: [epoll, { call: 'epoll_pwait2', args }] });
  expect(text).toMatch(/syscall\(SYS_epoll_pwait2, .*, \(size_t\)8\)/);
});

test('A program of TypeScript is refused, with what to do instead', () => {
  expect(() => artefactToC({ program: 'export default function* main() {}' })).toThrow(
    'write it as a scenario',
  );
});

test('A schedule for a scenario without a choice is refused', () => {
  const schedule = '# epollsim schedule 1\n# kernel 6.18\nmain: start\n';
  expect(() => artefactToC({ scenario: { steps: [epoll] }, schedule })).toThrow(
    'a schedule goes with a concurrent scenario',
  );
});
