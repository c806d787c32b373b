import { expect, test } from 'vitest';
import { readScenario } from '../../src/scenario/documents.ts';
import { type WhyOptions, why } from '../../src/scenario/why.ts';
import { ScheduleMismatch } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import type { Finding } from '../../src/why/answer.ts';

/** A call as a scenario has it, by its name and its arguments; what it binds; by whom. */
type Call = readonly [
  call: string,
  args: Readonly<Record<string, unknown>>,
  bind?: readonly string[] | undefined,
  thread?: string | undefined,
];

function ask(
  calls: readonly Call[],
  question: Partial<WhyOptions> & { readonly step: number },
): readonly Finding[] {
  const steps = calls.map(([call, args, bind, thread]) => ({
    ...(thread === undefined ? {} : { thread }),
    call,
    args,
    ...(bind === undefined ? {} : { bind }),
  }));
  const threads = ['main', 't1', 't2'];
  return why(readScenario(JSON.stringify({ name: 'q', threads, steps })), question).findings;
}

const pair: Call = [
  'socketpair',
  { domain: 'AF_UNIX', type: 'SOCK_STREAM|SOCK_NONBLOCK' },
  ['a', 'b'],
];
const pipe: Call = ['pipe2', { flags: 'O_NONBLOCK' }, ['a', 'b']];
const eventfd: Call = ['eventfd2', { initval: 0, flags: 'EFD_NONBLOCK' }, ['a']];
const create: Call = ['epoll_create1', { flags: 0 }, ['ep']];
const add = (events: string, fd = '$a', epfd = '$ep'): Call => [
  'epoll_ctl',
  { epfd, op: 'EPOLL_CTL_ADD', fd, events },
];
const mod = (events: string): Call => [
  'epoll_ctl',
  { epfd: '$ep', op: 'EPOLL_CTL_MOD', fd: '$a', events },
];
const wait = (more: object = {}, thread?: string): Call => [
  'epoll_wait',
  { epfd: '$ep', maxevents: 8, timeout: 0, ...more },
  undefined,
  thread,
];
const write = (data = 'x', fd = '$b'): Call => ['write', { fd, data }];
const notify: Call = ['write', { fd: '$a', value: '1' }];
const read = (len: number, fd = '$a', thread?: string): Call => [
  'read',
  { fd, len },
  undefined,
  thread,
];

/** What is asked, of which calls, what the answer is called, and what its sentence has to name. */
const questions: readonly [
  about: string,
  calls: readonly Call[],
  question: Partial<WhyOptions> & { readonly step: number },
  cause: string,
  names: RegExp,
][] = [
  [
    'an edge that was told and not read out',
    [pair, create, add('EPOLLIN|EPOLLET'), write('ab'), wait(), read(1), wait()],
    { step: 6 },
    'no-new-wakeup',
    /step 4 told main.*no new wakeup.*still has EPOLLIN/,
  ],
  [
    'a second write makes a second edge',
    [pair, create, add('EPOLLIN|EPOLLET'), write(), wait(), write(), wait()],
    { step: 6 },
    'told',
    /step 5 .*write/,
  ],
  [
    'a pipe that was not empty wakes nobody in 5.10',
    [pipe, create, add('EPOLLIN|EPOLLET'), write(), wait(), write(), wait()],
    { step: 6, kernel: '5.10' },
    'no-new-wakeup',
    /step 5: anon_pipe_write: was not empty, wakes nobody/,
  ],
  [
    'one shot was spent',
    [pair, create, add('EPOLLIN|EPOLLONESHOT'), write(), wait(), write(), wait()],
    { step: 6 },
    'disabled-by-oneshot',
    /step 4 told main/,
  ],
  [
    'the write behind a spent shot',
    [pair, create, add('EPOLLIN|EPOLLONESHOT'), write(), wait(), write()],
    { step: 5 },
    'disabled-by-oneshot',
    /EPOLLONESHOT/,
  ],
  [
    'MOD arms it again, and it is ready',
    [
      pair,
      create,
      add('EPOLLIN|EPOLLONESHOT'),
      write(),
      wait(),
      mod('EPOLLIN|EPOLLONESHOT'),
      wait(),
    ],
    { step: 6 },
    'told',
    /ready already when step 5 looked/,
  ],
  [
    'data for who asks for urgent data',
    [pipe, create, add('EPOLLPRI'), write(), wait()],
    { step: 4 },
    'masked-by-key',
    /step 3 .*EPOLLIN.*masked by the key/,
  ],
  [
    'a key that says more than there is',
    [pair, create, add('EPOLLPRI'), write(), wait()],
    { step: 4 },
    'filtered-when-polled-again',
    /only EPOLLIN.*, although the wakeup of step 3 had the key EPOLLIN.EPOLLPRI/,
  ],
  [
    'the write that is masked',
    [pipe, create, add('EPOLLPRI'), write()],
    { step: 3 },
    'masked-by-key',
    /masked by the key/,
  ],
  [
    'level-triggered, and read out',
    [pair, create, add('EPOLLIN'), write(), wait(), read(9), wait()],
    { step: 6 },
    'filtered-when-polled-again',
    /main itself took .*step 5/,
  ],
  [
    'the same once more',
    [pair, create, add('EPOLLIN'), write(), wait(), read(9), wait(), wait()],
    { step: 7 },
    'consumed',
    /read\(\) in step 5/,
  ],
  [
    'level-triggered, and not read out',
    [pair, create, add('EPOLLIN'), write(), wait(), wait()],
    { step: 5 },
    'told',
    /level-triggered and still ready.*step 4/,
  ],
  [
    'nothing was ever written',
    [pair, create, add('EPOLLIN'), wait()],
    { step: 3 },
    'not-ready',
    /nothing has happened/,
  ],
  [
    'more events than room',
    [pair, create, add('EPOLLOUT'), add('EPOLLOUT', '$b'), wait({ maxevents: 1 })],
    { step: 4, fd: 4 },
    'no-room',
    /room for 1 \(maxevents\)/,
  ],
  [
    'two wakeups and one place on the list',
    [pair, create, add('EPOLLIN'), write(), write()],
    { step: 4 },
    'already-linked',
    /since step 3/,
  ],
  [
    'a full pipe cannot be written',
    [pipe, create, ['write', { fd: '$b', bytes: 70000 }], add('EPOLLOUT', '$b'), wait()],
    { step: 4 },
    'consumed',
    /write\(\) of main itself in step 2/,
  ],
  [
    'nothing is registered',
    [pair, create, wait()],
    { step: 2 },
    'not-registered',
    /nothing is registered/,
  ],
  [
    'a number that nobody added',
    [pair, create, add('EPOLLIN'), wait()],
    { step: 3, fd: 4 },
    'not-registered',
    /no EPOLL_CTL_ADD/,
  ],
  [
    'the last close took it out',
    [pair, create, add('EPOLLIN'), ['close', { fd: '$a' }], write(), wait()],
    { step: 5 },
    'not-registered',
    /taken out in step 3/,
  ],
  [
    'a close that a dup outlives',
    [pair, create, add('EPOLLIN'), ['dup', { fd: '$a' }, ['c']], ['close', { fd: '$a' }]],
    { step: 4 },
    'still-registered',
    /open file/,
  ],
  [
    'DEL by the number of the dup',
    [
      pair,
      create,
      add('EPOLLIN'),
      ['dup', { fd: '$a' }, ['c']],
      ['epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_DEL', fd: '$c', event: null }],
    ],
    { step: 4 },
    'call-failed',
    /ENOENT.*added as 3/,
  ],
  [
    'the same file twice',
    [pair, create, add('EPOLLIN'), add('EPOLLOUT')],
    { step: 3 },
    'call-failed',
    /EEXIST.*since step 2/,
  ],
  [
    'an end of file is told to whoever asks for nothing',
    [pair, create, add('0'), ['close', { fd: '$b' }], wait()],
    { step: 4 },
    'told',
    /EPOLLHUP.*step 3/,
  ],
  [
    'of two that sleep in one set, the other one was woken',
    [
      pair,
      create,
      add('EPOLLIN|EPOLLET'),
      wait({ timeout: -1 }, 't1'),
      wait({ timeout: -1 }, 't2'),
      write(),
      read(9, '$a', 't2'),
    ],
    { step: 3 },
    'taken-by-another-waiter',
    /t2/,
  ],
  [
    'the one that was woken',
    [
      pair,
      create,
      add('EPOLLIN|EPOLLET'),
      wait({ timeout: -1 }, 't1'),
      wait({ timeout: -1 }, 't2'),
      write(),
    ],
    { step: 5 },
    'queued',
    /t2 is told EPOLLIN/,
  ],
  [
    'of two exclusive sets one hears of it',
    [
      eventfd,
      create,
      ['epoll_create1', { flags: 0 }, ['ep2']],
      add('EPOLLIN|EPOLLEXCLUSIVE'),
      add('EPOLLIN|EPOLLEXCLUSIVE', '$a', '$ep2'),
      wait({ timeout: -1 }, 't1'),
      wait({ epfd: '$ep2', timeout: -1 }, 't2'),
      notify,
    ],
    { step: 6 },
    'exclusive-went-elsewhere',
    /went to t1/,
  ],
  [
    'the same after the other one has read it',
    [
      eventfd,
      create,
      ['epoll_create1', { flags: 0 }, ['ep2']],
      add('EPOLLIN|EPOLLEXCLUSIVE'),
      add('EPOLLIN|EPOLLEXCLUSIVE', '$a', '$ep2'),
      wait({ timeout: -1 }, 't1'),
      wait({ epfd: '$ep2', timeout: -1 }, 't2'),
      notify,
      read(8, '$a', 't1'),
    ],
    { step: 6 },
    'exclusive-went-elsewhere',
    /went to t1/,
  ],
  [
    'arrived while another one copies',
    [
      eventfd,
      create,
      add('EPOLLIN'),
      ['eventfd2', { initval: 1, flags: 0 }, ['c']],
      add('EPOLLIN', '$c'),
      wait({ timeout: -1, buffer: 'held' }, 't1'),
      notify,
    ],
    { step: 6 },
    'in-ovflist',
    /ovflist/,
  ],
  [
    'a timer that nobody read fires no second edge',
    [
      ['timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 'TFD_NONBLOCK' }, ['a']],
      create,
      add('EPOLLIN|EPOLLET'),
      ['timerfd_settime', { fd: '$a', flags: 0, value_ms: 20, interval_ms: 20 }],
      ['sleep', { ms: 30 }],
      wait(),
      ['sleep', { ms: 100 }],
      wait(),
    ],
    { step: 7 },
    'no-new-wakeup',
    /step 5 told main/,
  ],
  [
    'a timer that fires',
    [
      ['timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 'TFD_NONBLOCK' }, ['a']],
      create,
      add('EPOLLIN|EPOLLET'),
      ['timerfd_settime', { fd: '$a', flags: 0, value_ms: 20, interval_ms: 20 }],
      ['sleep', { ms: 30 }],
      wait(),
    ],
    { step: 5 },
    'told',
    /EPOLLIN was told/,
  ],
  [
    'an outer set with an edge',
    [
      pair,
      create,
      ['epoll_create1', { flags: 0 }, ['ep2']],
      add('EPOLLIN'),
      add('EPOLLIN|EPOLLET', '$ep', '$ep2'),
      write(),
      wait({ epfd: '$ep2' }),
      wait({ epfd: '$ep2' }),
    ],
    { step: 7 },
    'no-new-wakeup',
    /step 6 told main/,
  ],
  [
    'time is up',
    [pair, create, add('EPOLLIN'), wait({ timeout: 20 }, 't1'), ['sleep', { ms: 60 }]],
    { step: 3 },
    'not-ready',
    /nothing has happened/,
  ],
  [
    'a listener accepts one of two',
    [
      ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, ['a']],
      ['bind', { fd: '$a', port: 0 }],
      ['listen', { fd: '$a', backlog: 8 }],
      create,
      add('EPOLLIN|EPOLLET'),
      ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, ['c1']],
      ['connect', { fd: '$c1', to: '$a' }],
      ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, ['c2']],
      ['connect', { fd: '$c2', to: '$a' }],
      wait(),
      ['accept4', { fd: '$a', flags: 0 }],
      wait(),
    ],
    { step: 11 },
    'no-new-wakeup',
    /still has EPOLLIN/,
  ],
  [
    'what arrives during a scan is not what that scan tells of',
    [
      pair,
      create,
      add('EPOLLIN|EPOLLET'),
      write(),
      wait({ timeout: -1, buffer: 'held' }, 't1'),
      write(),
      ['release', { thread: 't1' }],
    ],
    { step: 6, fd: 3 },
    'told',
    /t1: step 3 /,
  ],
  [
    'what arrives during the own scan comes too late for it',
    [
      eventfd,
      create,
      add('EPOLLIN|EPOLLET'),
      ['eventfd2', { initval: 1, flags: 0 }, ['c']],
      add('EPOLLIN|EPOLLET', '$c'),
      wait({ buffer: 'held' }, 't1'),
      notify,
      ['release', { thread: 't1' }],
    ],
    { step: 7, fd: 3 },
    'in-ovflist',
    /too late for this call/,
  ],
  [
    'what is ready after the time was up',
    [
      ['timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 0 }, ['a']],
      create,
      add('EPOLLIN'),
      ['timerfd_settime', { fd: '$a', flags: 0, value_ms: 60, interval_ms: 0 }],
      wait({ timeout: 20 }, 't1'),
      ['sleep', { ms: 100 }],
    ],
    { step: 4 },
    'timed-out',
    /its time was up in step 5/,
  ],
  [
    'two kinds of events of one report, each from its call',
    [pair, create, add('EPOLLIN|EPOLLOUT|EPOLLET'), write(), wait()],
    { step: 4 },
    'told',
    /when step 2 looked.*; EPOLLIN came in step 3/,
  ],
  [
    'what a file was before it was watched is no matter of the item',
    [pair, write(), read(9), create, add('EPOLLIN'), wait()],
    { step: 5 },
    'not-ready',
    /nothing has happened/,
  ],
  [
    'a mask that was taken away between the wakeup and the scan',
    [pair, create, add('EPOLLIN'), write(), mod('EPOLLRDHUP'), wait()],
    { step: 5 },
    'filtered-when-polled-again',
    /step 4 changed what it asks for to EPOLLRDHUP/,
  ],
  [
    'a shot that was spent while the item stood in ovflist',
    [
      pair,
      create,
      add('EPOLLIN|EPOLLONESHOT'),
      write(),
      wait({ timeout: -1, buffer: 'held' }, 't1'),
      write(),
      ['release', { thread: 't1' }],
      wait(),
    ],
    { step: 7 },
    'disabled-by-oneshot',
    /step 6 told t1/,
  ],
  [
    'a close that waits for the scan',
    [
      pair,
      create,
      add('EPOLLIN'),
      write(),
      wait({ timeout: -1, buffer: 'held' }, 't1'),
      ['close', { fd: '$a' }, undefined, 't2'],
      ['release', { thread: 't1' }],
    ],
    { step: 5 },
    'waits-for-mutex',
    /ep5->mtx, which t1 holds/,
  ],
];

test.each(questions)('why: %s', (_about, calls, question, cause, names) => {
  const findings = ask(calls, question);

  const answers = findings.map((one) => `${one.cause}: ${one.sentence}`);
  const fitting = findings.filter((one) => one.cause === cause && names.test(one.sentence));
  expect(fitting.length, answers.join('\n')).toBeGreaterThan(0);
  expect(new Set(findings.map((one) => one.cause)).size).toBeLessThanOrEqual(2);
});

/** Somebody asks about an interleaving with the schedule of another program. */
test('a schedule that does not fit is said to, and not answered for', () => {
  const words = '# epollsim schedule 1\nmain: lock ep->mtx\n';
  const program = function* (sys: Sys): Code<void> {
    yield* sys.epoll_create1(0);
  };

  expect(() => why(program, { step: 0, words })).toThrow(ScheduleMismatch);
});

test('a schedule has no place beside a scenario in lockstep', () => {
  const scenario = readScenario(JSON.stringify({ steps: [{ call: create[0], args: create[1] }] }));

  expect(() => why(scenario, { step: 0, words: '# epollsim schedule 1\n' })).toThrow(/in lockstep/);
});

/** A failing test asks why, and the failure is what ended the program. */
test('a program that throws is answered for as far as it came', () => {
  const program = function* (sys: Sys): Code<void> {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_wait(ep, 1, 0);
    throw new Error('on purpose');
  };

  expect(why(program, { step: 1 }).findings.map(({ cause }) => cause)).toEqual(['not-registered']);
});
