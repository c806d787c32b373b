import { expect, test } from 'vitest';
import { readScenario } from '../../src/scenario/documents.ts';
import { type WhyOptions, why } from '../../src/scenario/why.ts';
import { ScheduleMismatch } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

import { whyText } from '../../src/why/text.ts';
import type { Finding } from '../../src/why/verdict.ts';

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
  const document = { version: 2, name: 'q', threads, steps };
  return why(readScenario(JSON.stringify(document)), question).findings;
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

const signal = (thread: string, name = 'SIGUSR1'): Call => ['tgkill', { thread, signal: name }];
const block: Call = ['sigprocmask', { how: 'SIG_BLOCK', set: ['SIGUSR1'] }];
const signalfd: Call = ['signalfd4', { mask: ['SIGUSR1'], flags: 'SFD_NONBLOCK' }, ['a']];
const timer: Call = ['timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 0 }, ['a']];
const arm = (value_ms: number, interval_ms = 0): Call => [
  'timerfd_settime',
  { fd: '$a', flags: 0, value_ms, interval_ms },
];
const fill = (bytes: number, fd = '$a'): Call => ['write', { fd, bytes }];
const sleep = (ms: number): Call => ['sleep', { ms }];
/** `c` has called `a`, over TCP. */
const tcp: readonly Call[] = [
  ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, ['l']],
  ['bind', { fd: '$l', port: 0 }],
  ['listen', { fd: '$l', backlog: 8 }],
  ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, ['c']],
  ['connect', { fd: '$c', to: '$l' }],
  ['accept4', { fd: '$l', flags: 0 }, ['a']],
];
const set = (name: string, value: number, level = 'SOL_SOCKET'): Call => [
  'setsockopt',
  { fd: '$a', level, name, value },
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
    /step 5 .write.: the pipe was not empty, so the write wakes nobody/,
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
  [
    'a wakeup without a key, for nothing that is asked for',
    [pair, create, add('EPOLLPRI'), ['shutdown', { fd: '$b', how: 'SHUT_WR' }], wait()],
    { step: 4 },
    'filtered-when-polled-again',
    /although the wakeup of step 3 had no key, which stands for everything/,
  ],
  [
    'an error that getsockopt() has taken',
    [
      ['socket', { domain: 'AF_INET', type: 'SOCK_DGRAM' }, ['b']],
      ['bind', { fd: '$b', port: 0 }],
      ['socket', { domain: 'AF_INET', type: 'SOCK_DGRAM' }, ['a']],
      ['connect', { fd: '$a', to: '$b' }],
      ['close', { fd: '$b' }],
      create,
      add('EPOLLIN'),
      write('x', '$a'),
      wait(),
      ['getsockopt', { fd: '$a', level: 'SOL_SOCKET', name: 'SO_ERROR' }],
      wait(),
    ],
    { step: 10 },
    'filtered-when-polled-again',
    /nor EPOLLERR, any more: getsockopt\(\) of main itself in step 9/,
  ],
  [
    'MOD to what is ready, of an item that stands on the list for something else',
    [pair, create, add('EPOLLIN|EPOLLET'), write(), mod('EPOLLOUT|EPOLLET'), wait()],
    { step: 5 },
    'told',
    /ready already when step 4 changed what it asks for.*on rdllist since step 3/,
  ],
  [
    'a number that stands for another file by now',
    [
      pair,
      create,
      add('EPOLLIN'),
      ['dup', { fd: '$a' }, ['c']],
      ['close', { fd: '$a' }],
      ['eventfd2', { initval: 1, flags: 0 }, ['d']],
      wait(),
    ],
    { step: 6 },
    'not-ready',
    /3 stands for eventfd3 now, which was not added/,
  ],
  [
    'what a blocked reader takes, it takes when it wakes',
    [
      ['pipe2', { flags: 0 }, ['a', 'b']],
      create,
      add('EPOLLIN'),
      read(8, '$a', 't1'),
      write(),
      wait(),
    ],
    { step: 5 },
    'filtered-when-polled-again',
    /t1 took what there was \(EPOLLIN\) with read\(\) in step 4/,
  ],
  [
    'what an item of the inner set asks for',
    [
      pair,
      create,
      ['epoll_create1', { flags: 0 }, ['outer']],
      add('EPOLLPRI'),
      add('EPOLLIN', '$ep', '$outer'),
      write(),
      wait({ epfd: '$outer' }),
    ],
    { step: 6 },
    'filtered-when-polled-again',
    /ep5\[3\] asks for EPOLLPRI, and socket3 has EPOLLIN/,
  ],
  [
    'the end of a process is told of in its own step',
    [
      create,
      ['fork', { child: 't1' }],
      ['pidfd_open', { process: 't1' }, ['a']],
      add('EPOLLIN'),
      ['exit', { status: 0 }, undefined, 't1'],
      wait(),
    ],
    { step: 5 },
    'told',
    /step 4 \(t1: exit_group\(0\)\) woke its wait queue with key EPOLLIN.EPOLLRDNORM$/,
  ],
  // Signals.
  [
    'a signal that the mask of the wait blocks',
    [
      create,
      [
        'epoll_pwait',
        { epfd: '$ep', maxevents: 1, timeout: -1, sigmask: ['SIGUSR1'] },
        undefined,
        't1',
      ],
      signal('t1'),
    ],
    { step: 2 },
    'signal-blocked',
    /t1 blocks it, by the mask of epoll_pwait\(\) since step 1/,
  ],
  [
    'a sleeper that a blocked signal does not wake',
    [
      create,
      [
        'epoll_pwait',
        { epfd: '$ep', maxevents: 1, timeout: -1, sigmask: ['SIGUSR1'] },
        undefined,
        't1',
      ],
      signal('t1'),
    ],
    { step: 1 },
    'signal-blocked',
    /step 2 does not end epoll_pwait\(\) of t1/,
  ],
  [
    'a signal that is ignored',
    [
      create,
      ['sigaction', { signal: 'SIGUSR1', handler: 'SIG_IGN' }],
      wait({ timeout: -1 }, 't1'),
      signal('t1'),
    ],
    { step: 3 },
    'signal-ignored',
    /t1 ignores it/,
  ],
  [
    'a signal to the process, which another thread takes',
    [create, wait({ timeout: -1 }, 't1'), ['kill', { thread: 'main', signal: 'SIGUSR1' }]],
    { step: 1 },
    'signal-taken',
    /step 2 does not end epoll_wait\(\) of t1: main does not block SIGUSR1/,
  ],
  [
    'whose handler it was',
    [create, wait({ timeout: -1 }, 't1'), signal('t1', 'SIGUSR2')],
    { step: 1 },
    'call-failed',
    /the handler of SIGUSR2, which step 2 sent/,
  ],
  [
    "a signalfd, and another thread's signal",
    [
      signalfd,
      block,
      ['sigprocmask', { how: 'SIG_BLOCK', set: ['SIGUSR1'] }, undefined, 't1'],
      create,
      add('EPOLLIN'),
      signal('t1'),
      wait(),
    ],
    { step: 6 },
    'filtered-when-polled-again',
    /whoever polls it, and SIGUSR1 is pending for t1 alone/,
  ],
  [
    'a signalfd, and a signal that is not blocked',
    [signalfd, create, add('EPOLLIN'), signal('main'), wait()],
    { step: 4 },
    'filtered-when-polled-again',
    /none is pending; of step 3: main does not block SIGUSR1/,
  ],
  [
    'a signalfd, and a signal that it does not read',
    [
      signalfd,
      ['sigprocmask', { how: 'SIG_BLOCK', set: ['SIGUSR2'] }],
      create,
      add('EPOLLIN'),
      signal('main', 'SIGUSR2'),
      wait(),
    ],
    { step: 5 },
    'filtered-when-polled-again',
    /SIGUSR2 is pending for main alone, which is not in its mask/,
  ],
  [
    'a signalfd that the parent has added',
    [
      signalfd,
      block,
      create,
      add('EPOLLIN'),
      ['fork', { child: 't1' }],
      ['kill', { thread: 't1', signal: 'SIGUSR1' }],
      wait({}, 't1'),
    ],
    { step: 6 },
    'no-new-wakeup',
    /stands on the queue of the process of main, which added it/,
  ],
  // Timers.
  [
    'a timer that was stopped',
    [timer, create, add('EPOLLIN'), arm(20), arm(0), sleep(40), wait()],
    { step: 6 },
    'not-ready',
    /its timer is not armed/,
  ],
  [
    'a timer that is not due',
    [timer, create, add('EPOLLIN'), arm(100), sleep(30), wait()],
    { step: 5 },
    'not-ready',
    /its timer is due in 70 ms/,
  ],
  [
    'a periodic timer that nobody has read',
    [timer, create, add('EPOLLIN|EPOLLET'), arm(20, 20), sleep(30), wait(), sleep(60), wait()],
    { step: 7 },
    'no-new-wakeup',
    /a period of 20 ms, but having fired in step 4 it does not start again until it is read/,
  ],
  // Room to write, and what is too little to read.
  [
    'a read that frees no slot of a pipe',
    [pipe, create, fill(65_536, '$b'), add('EPOLLOUT', '$b'), read(1), wait()],
    { step: 5 },
    'consumed',
    /each of its 16 slots is in use.*step 4 \(read\): no slot of the pipe became free/,
  ],
  [
    'a read of a pipe that was not full',
    [pipe, create, add('EPOLLOUT|EPOLLET', '$b'), wait(), write('abc'), read(3), wait()],
    { step: 6 },
    'no-new-wakeup',
    /step 5 \(read\): the pipe was not full/,
  ],
  [
    'another pipe that keeps still is no matter of the item',
    [
      pipe,
      ['pipe2', { flags: 'O_NONBLOCK' }, ['c', 'd']],
      create,
      add('EPOLLIN|EPOLLET'),
      write(),
      wait(),
      write('x', '$d'),
      write('y', '$d'),
      wait(),
    ],
    { step: 8, kernel: '5.10' },
    'no-new-wakeup',
    /still has EPOLLIN; edge-triggered/,
  ],
  [
    'a count that is full',
    [
      eventfd,
      create,
      ['write', { fd: '$a', value: '18446744073709551614' }],
      add('EPOLLOUT'),
      wait(),
    ],
    { step: 4 },
    'consumed',
    /its count is 18446744073709551614, and nothing can be added/,
  ],
  [
    'more than a quarter of the send buffer, and a packet that is read in part',
    [pair, create, fill(60_000), add('EPOLLOUT'), read(1000, '$b'), wait()],
    { step: 5 },
    'consumed',
    /take 61952 bytes, and unix_writable\(\) wants no more than a quarter of SO_SNDBUF, 53248; step 4 \(read\): part of a packet is left/,
  ],
  [
    'room that is not enough for a quarter',
    [
      pair,
      create,
      ...Array.from({ length: 4 }, () => fill(30_000)),
      add('EPOLLOUT'),
      read(30_000, '$b'),
      wait(),
    ],
    { step: 8 },
    'consumed',
    /step 7 \(read\): there is more room, but not enough/,
  ],
  [
    'a peer with a full queue',
    [
      ['socket', { domain: 'AF_UNIX', type: 'SOCK_DGRAM|SOCK_NONBLOCK' }, ['a']],
      ['socket', { domain: 'AF_UNIX', type: 'SOCK_DGRAM' }, ['b']],
      ['bind', { fd: '$b', path: '@b' }],
      ['connect', { fd: '$a', to: { path: '@b' } }],
      ...Array.from({ length: 11 }, () => write('x', '$a')),
      create,
      add('EPOLLOUT'),
      wait(),
    ],
    { step: 17 },
    'consumed',
    /11 messages wait at socket4, more than its backlog of 10/,
  ],
  [
    'fewer bytes than SO_RCVLOWAT',
    [...tcp, set('SO_RCVLOWAT', 10), create, add('EPOLLIN'), write('abc', '$c'), wait()],
    { step: 10 },
    'not-ready',
    /3 bytes are there, and SO_RCVLOWAT asks for 10/,
  ],
  [
    'a write that is too short for SO_RCVLOWAT',
    [...tcp, set('SO_RCVLOWAT', 10), create, add('EPOLLIN'), write('abc', '$c')],
    { step: 9 },
    'no-wakeup',
    /fewer bytes than SO_RCVLOWAT asks for/,
  ],
  [
    'a sender that was never told of a full buffer',
    [...tcp, create, add('EPOLLOUT|EPOLLET', '$c'), wait(), write('abc', '$c'), read(3), wait()],
    { step: 11 },
    'no-new-wakeup',
    /SOCK_NOSPACE is not set/,
  ],
  [
    'the urgent byte is no data',
    [...tcp, create, add('EPOLLIN'), ['send', { fd: '$c', data: '!', flags: 'MSG_OOB' }], wait()],
    { step: 9 },
    'filtered-when-polled-again',
    /the urgent byte is next to be read/,
  ],
  [
    'a connection that waits for its first data',
    [
      ...tcp.slice(0, 2),
      ['setsockopt', { fd: '$l', level: 'IPPROTO_TCP', name: 'TCP_DEFER_ACCEPT', value: 5 }],
      ['listen', { fd: '$l', backlog: 8 }],
      create,
      add('EPOLLIN', '$l'),
      ['socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, ['c']],
      ['connect', { fd: '$c', to: '$l' }],
      wait(),
    ],
    { step: 8 },
    'not-ready',
    /step 7 \(connect\): TCP_DEFER_ACCEPT/,
  ],
  [
    'an event that no watch asks for',
    [
      ['open', { path: 'f', flags: 'O_CREAT|O_RDWR' }],
      ['inotify_init1', { flags: 0 }, ['a']],
      ['inotify_add_watch', { fd: '$a', path: '.', mask: 'IN_CREATE' }],
      create,
      add('EPOLLIN'),
      ['unlink', { path: 'f' }],
      wait(),
    ],
    { step: 6 },
    'not-ready',
    /step 5 \(unlink\): no watch has this event in its mask/,
  ],
  [
    'a line that is not over',
    [
      ['open', { path: '/dev/ptmx', flags: 'O_RDWR|O_NOCTTY' }, ['b']],
      ['ioctl', { fd: '$b', request: 'TIOCSPTLCK', arg: 0 }],
      ['ioctl', { fd: '$b', request: 'TIOCGPTPEER', arg: 'O_RDWR|O_NOCTTY' }, ['a']],
      create,
      add('EPOLLIN'),
      write('abc'),
      wait(),
    ],
    { step: 6 },
    'not-ready',
    /the line is not over \(3 characters wait for its end\)/,
  ],
  // Calls that are none of epoll's.
  [
    'a read that finds nothing',
    [pair, read(1)],
    { step: 1 },
    'call-failed',
    /EAGAIN: socket3: its receive queue is empty/,
  ],
  [
    'a write that nobody will read',
    [pair, ['close', { fd: '$b' }], write('x', '$a')],
    { step: 2 },
    'call-failed',
    /EPIPE: nobody can read.*since close\(\) of main in step 1/,
  ],
  [
    'the end of a stream',
    [pair, ['close', { fd: '$b' }], read(1)],
    { step: 2 },
    'end-of-file',
    /since close\(\) of main in step 1/,
  ],
  [
    'a read that sleeps for ever',
    [['pipe2', { flags: 0 }, ['a', 'b']], read(1, '$a', 't1')],
    { step: 1 },
    'sleeps',
    /the pipe is empty, and a write end is still open/,
  ],
  [
    'a close of an instance that somebody sleeps in',
    [create, wait({ timeout: -1 }, 't1'), ['close', { fd: '$ep' }]],
    { step: 2 },
    'still-open',
    /t1, which is in epoll_wait\(\) since step 1/,
  ],
  [
    'a poll that is woken in vain',
    [
      pair,
      ['poll', { fds: [{ fd: '$a', events: 'POLLPRI' }], timeout: -1 }, undefined, 't1'],
      write(),
    ],
    { step: 1 },
    'not-ready',
    /the wakeup of step 2 was for something else/,
  ],
  [
    'a write that wakes somebody in vain',
    [
      pair,
      ['poll', { fds: [{ fd: '$a', events: 'POLLPRI' }], timeout: -1 }, undefined, 't1'],
      write(),
    ],
    { step: 2 },
    'wakes',
    /finds nothing that it waits for, and sleeps on/,
  ],
  [
    'an item that was taken out, beside one that is not ready',
    [
      ['pipe2', { flags: 0 }, ['r', 'w']],
      eventfd,
      create,
      add('EPOLLIN', '$r'),
      add('EPOLLIN'),
      ['epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_DEL', fd: '$a' }],
      notify,
      wait(),
    ],
    { step: 7 },
    'not-registered',
    /ep6\[5\] is not in the set: it was taken out in step 5/,
  ],
  [
    'a poll that waits for a scan',
    [
      ['eventfd2', { initval: 1, flags: 0 }, ['a']],
      create,
      add('EPOLLIN'),
      wait({ timeout: -1, buffer: 'held' }, 't1'),
      ['poll', { fds: [{ fd: '$ep', events: 'POLLIN' }], timeout: 0 }],
    ],
    { step: 4 },
    'waits-for-mutex',
    /poll\(\) of main waits for ep4->mtx, which t1 holds/,
  ],
  [
    'a scan that waits for the one of an inner instance',
    [
      ['eventfd2', { initval: 1, flags: 0 }, ['a']],
      create,
      ['epoll_create1', { flags: 0 }, ['outer']],
      add('EPOLLIN'),
      add('EPOLLIN', '$ep', '$outer'),
      wait({ timeout: -1, buffer: 'held' }, 't1'),
      wait({ epfd: '$outer' }, 't2'),
    ],
    { step: 6 },
    'in-scan',
    /the scan has it in hand, and is about to poll its file/,
  ],
  [
    'a poll that a signal ends',
    [
      pair,
      ['poll', { fds: [{ fd: '$a', events: 'POLLIN' }], timeout: -1 }, undefined, 't1'],
      signal('t1'),
    ],
    { step: 1 },
    'call-failed',
    /poll\(\) failed with EINTR: the handler of SIGUSR1/,
  ],
  [
    'a signal that is the end of a sleeper',
    [
      create,
      ['fork', { child: 't1' }],
      wait({ timeout: -1 }, 't1'),
      ['kill', { thread: 't1', signal: 'SIGTERM' }],
    ],
    { step: 2 },
    'ended',
    /does not come back: the thread ended in step 3/,
  ],
  [
    'a number that execve() has closed',
    [['epoll_create1', { flags: 'EPOLL_CLOEXEC' }, ['ep']], ['execve', {}], wait()],
    { step: 2 },
    'call-failed',
    /EBADF: 3 is not open since step 1: execve\(\)/,
  ],
  [
    'an event of inotify that is merged with the last one',
    [
      ['open', { path: 'f', flags: 'O_CREAT|O_RDWR' }, ['b']],
      ['inotify_init1', { flags: 0 }, ['a']],
      ['inotify_add_watch', { fd: '$a', path: 'f', mask: 'IN_MODIFY' }],
      create,
      add('EPOLLIN|EPOLLET'),
      write(),
      wait(),
      write(),
      wait(),
    ],
    { step: 8 },
    'no-new-wakeup',
    /step 7 \(write\): the event is the same as the last one that waits/,
  ],
  [
    'a datagram that finds the buffer full',
    [
      ['socket', { domain: 'AF_INET', type: 'SOCK_DGRAM|SOCK_NONBLOCK' }, ['a']],
      ['bind', { fd: '$a', port: 0 }],
      set('SO_RCVBUF', 2304),
      ['socket', { domain: 'AF_INET', type: 'SOCK_DGRAM' }, ['b']],
      ['connect', { fd: '$b', to: '$a' }],
      ...Array.from({ length: 3 }, () => fill(2000, '$b')),
      create,
      add('EPOLLIN|EPOLLET'),
      wait(),
      fill(2000, '$b'),
      wait(),
    ],
    { step: 12 },
    'no-new-wakeup',
    /step 11 \(write\): the receive buffer is full/,
  ],
  [
    'the write that the peer answers with a reset',
    [...tcp, ['close', { fd: '$c' }], write('x', '$a'), write('y', '$a')],
    { step: 8 },
    'call-failed',
    /EPIPE: .*write\(\) of main in step 7, which the peer, gone since step 6, answered with a reset/,
  ],
  [
    'bytes that a reader has left',
    [pair, create, add('EPOLLIN|EPOLLET'), write('abc'), wait(), read(1), wait()],
    { step: 6 },
    'no-new-wakeup',
    /read\(\) of main in step 5 did not take all of it/,
  ],
  [
    'data for a connection that nobody has added',
    [...tcp.slice(0, 3), create, add('EPOLLIN', '$l'), ...tcp.slice(3), write('x', '$c'), wait()],
    { step: 9 },
    'not-registered',
    /socket6 \(6 of main\) has EPOLLIN since step 8, and no instance watches it/,
  ],
  [
    'a poll of a number that is closed',
    [pair, ['close', { fd: '$a' }], ['poll', { fds: [{ fd: 3, events: 'POLLIN' }], timeout: 0 }]],
    { step: 2 },
    'told',
    /3 is not open since step 1 closed it: poll\(\) says POLLNVAL/,
  ],
  [
    'a poll whose time was up',
    [
      pair,
      ['poll', { fds: [{ fd: '$a', events: 'POLLIN' }], timeout: 20 }, undefined, 't1'],
      sleep(40),
    ],
    { step: 1 },
    'timed-out',
    /its time was up in step 2/,
  ],
  [
    'a write to a file that nobody watches',
    [pair, write()],
    { step: 1 },
    'no-wakeup',
    /nobody waits for socket3/,
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

/** A server goes on for ever, and the answer is about its first event. */
test('a program that goes on for ever is answered for as far as it came, and it is said how far that is', () => {
  const program = function* (sys: Sys): Code<void> {
    const ep = yield* sys.epoll_create1(0);
    for (;;) yield* sys.epoll_wait(ep, 1, 0);
  };
  const options = { maxSteps: 300 };

  expect(why(program, { ...options, step: 1 }).findings.map(({ cause }) => cause)).toEqual([
    'not-registered',
  ]);
  expect(() => why(program, { ...options, step: 3000 })).toThrow(
    /found 3000; it ends there: no rest after 300 steps.*raise maxSteps/,
  );
});

/** A reader of 5.10 looks for the function in the source of 5.10. */
test.each([
  ['5.10', 'pipe_write'],
  ['6.18', 'anon_pipe_write'],
])('a hop on %s names %s()', (kernel, name) => {
  const [found] = ask([pipe, create, add('EPOLLIN'), write(), wait()], { step: 4, kernel });

  expect(found?.hops.flatMap(({ functions }) => functions)).toContain(name);
});

/** Three hundred ready descriptors, and room for one: nobody reads 299 paragraphs that say the same. */
test('many answers that say the same are printed as one, and are all in the data', () => {
  const numbers = Array.from({ length: 12 }, (_, i) => `e${i}`);
  const calls: Call[] = [
    create,
    ...numbers.map((name): Call => ['eventfd2', { initval: 1, flags: 0 }, [name]]),
    ...numbers.map((name) => add('EPOLLIN', `$${name}`)),
    wait({ maxevents: 1 }),
  ];
  const steps = calls.map(([call, args, bind]) => ({ call, args, ...(bind ? { bind } : {}) }));
  const answer = why(readScenario(JSON.stringify({ steps })), { step: calls.length - 1 });
  const text = whyText(answer);

  expect(answer.findings.filter(({ cause }) => cause === 'no-room')).toHaveLength(11);
  expect(text.match(/stays on rdllist for the next call/g)).toHaveLength(1);
  expect(text).toContain(
    'no-room: 11 items: ep3[5], ep3[6], ep3[7], ep3[8], ep3[9] and 6 others; the first of them:',
  );
});
