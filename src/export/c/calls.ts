/** The calls of the scenario format as lines of C: all but those on sockets. */
import { F_DUPFD, F_DUPFD_CLOEXEC, F_SETFD, F_SETFL } from '../../kernel/uapi/fcntl.ts';
import { TIOCGPTPEER } from '../../kernel/uapi/ioctls.ts';
import * as names from '../../kernel/uapi/names.ts';
import { asksForNumber } from '../../scenario/perform.ts';
import type { Fd, Step, StepOf } from '../../scenario/scenario.ts';
import { takesNumber, termiosOf } from '../../scenario/terminal.ts';
import { socketLines } from './sockets.ts';
import * as words from './words.ts';
import { int, literal, sizeOf } from './words.ts';
import type { Lines, Writer } from './writer.ts';

/** The lines of C that a step stands for. */
export function linesOf(step: Step, at: Writer): Lines {
  switch (step.call) {
    case 'epoll_create':
      return at.opening(step, `epoll_create(${int(step.args.size)})`);
    case 'epoll_create1':
      return at.opening(
        step,
        `epoll_create1(${words.spaced(names.epollCreateFlags(step.args.flags))})`,
      );
    case 'epoll_ctl':
      return epollCtl(step, at);
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'epoll_pwait2':
      return epollWait(step, at);
    case 'poll':
    case 'ppoll':
      return poll(step, at);
    case 'select':
    case 'pselect6':
      return select(step, at);
    case 'read':
      return read(step, at);
    case 'readv':
      return readv(step, at);
    case 'write':
      return [`show_ret(write(${at.fd(step.args.fd)}, ${payload(step.args)}));`];
    case 'writev':
      return writev(step, at);
    case 'close':
      return [`show_ret(close(${at.fd(step.args.fd)}));`];
    case 'dup':
      return at.opening(step, `dup(${at.fd(step.args.fd)})`);
    case 'dup2':
      return at.opening(step, `dup2(${at.fd(step.args.fd)}, ${at.fd(step.args.newfd)})`);
    case 'dup3': {
      const { fd, newfd, flags } = step.args;
      const given = words.spaced(names.pipeFlags(flags));
      return at.opening(step, `dup3(${at.fd(fd)}, ${at.fd(newfd)}, ${given})`);
    }
    case 'fcntl':
      return fcntl(step, at);
    case 'ioctl':
      return ioctl(step, at);
    case 'pipe2':
      return at.openingTwo(step, `pipe2(fds, ${words.spaced(names.pipeFlags(step.args.flags))})`);
    case 'eventfd2': {
      const flags = words.spaced(names.eventfdFlags(step.args.flags));
      return at.opening(step, `eventfd(${step.args.initval}u, ${flags})`);
    }
    case 'timerfd_create': {
      const flags = words.spaced(names.timerfdFlags(step.args.flags));
      return at.opening(step, `timerfd_create(${names.clockName(step.args.clock)}, ${flags})`);
    }
    case 'timerfd_settime':
      return timerfdSettime(step, at);
    case 'timerfd_gettime':
      return [
        'struct itimerspec left = { 0 };',
        '',
        `show_armed(timerfd_gettime(${at.fd(step.args.fd)}, &left), &left);`,
      ];
    case 'tgkill': {
      const thread = at.thread(step.args.thread);
      const signal = words.signal(step.args.signal);
      return [`show_ret(syscall(SYS_tgkill, pid_of(${thread}), tid_of(${thread}), ${signal}));`];
    }
    case 'release':
      return [`show_ret(release(${at.thread(step.args.thread)}));`];
    case 'sleep':
      return [`show_ret(sleep_for(${step.args.ms}));`];
    case 'fdinfo':
      return [`show_fdinfo(${at.fd(step.args.fd)});`];
    default:
      return otherLines(step, at);
  }
}

function otherLines(step: Step, at: Writer): Lines {
  switch (step.call) {
    case 'signalfd4': {
      const { fd, mask, flags } = step.args;
      const given = `${signalSet(mask)}, ${words.signalfdFlags(flags)}`;
      return at.opening(step, `signalfd(${at.fd(fd)}, ${given})`);
    }
    case 'sigprocmask': {
      const how = words.sigprocmaskHow(step.args.how);
      return [`show_ret(sigprocmask(${how}, ${signalSet(step.args.set)}, NULL));`];
    }
    case 'sigaction':
      return sigaction(step);
    case 'kill': {
      const { thread, group, signal } = step.args;
      const whom =
        group === undefined ? `pid_of(${at.thread(thread ?? 0)})` : `-pid_of(${at.thread(group)})`;
      return [`show_ret(kill(${whom}, ${words.signal(signal)}));`];
    }
    case 'pidfd_send_signal': {
      const { fd, signal } = step.args;
      const given = `${at.fd(fd)}, ${words.signal(signal)}, NULL, 0`;
      return [`show_ret(syscall(SYS_pidfd_send_signal, ${given}));`];
    }
    case 'open': {
      const { path, flags, mode } = step.args;
      const given = `${literal(path)}, ${words.spaced(names.openFlags(flags))}, 0${mode.toString(8)}`;
      return at.opening(step, `open(${given})`);
    }
    case 'lseek': {
      const { fd, offset, whence } = step.args;
      const from = names.whenceNames.find(([, value]) => value === whence)?.[0] ?? int(whence);
      return [`show_ret(lseek(${at.fd(fd)}, ${offset}, ${from}));`];
    }
    case 'mkdir':
      return [`show_ret(mkdir(${literal(step.args.path)}, 0777));`];
    case 'rmdir':
      return [`show_ret(rmdir(${literal(step.args.path)}));`];
    case 'unlink':
      return [`show_ret(unlink(${literal(step.args.path)}));`];
    case 'link':
    case 'rename':
      return [`show_ret(${step.call}(${literal(step.args.from)}, ${literal(step.args.to)}));`];
    case 'tcsetattr':
      return tcsetattr(step, at);
    case 'inotify_init1':
      return at.opening(step, `inotify_init1(${words.inotifyFlags(step.args.flags)})`);
    case 'inotify_add_watch': {
      const { fd, path, mask } = step.args;
      const given = `${at.fd(fd)}, ${literal(path)}, ${words.inotifyMask(mask)}`;
      return [`show_ret(inotify_add_watch(${given}));`];
    }
    case 'inotify_rm_watch':
      return [`show_ret(inotify_rm_watch(${at.fd(step.args.fd)}, ${int(step.args.wd)}));`];
    default:
      return processLines(step, at);
  }
}

function processLines(step: Step, at: Writer): Lines {
  switch (step.call) {
    case 'fork':
      return [`show_fork(fork(), ${at.thread(step.args.child)});`];
    case 'execve':
      return [
        `char *argv[] = { "scenario", "${step.thread}", ${again(at)}NULL };`,
        'char *envp[] = { NULL };',
        '',
        'show_ret(execve("/proc/self/exe", argv, envp));',
      ];
    case 'exit':
      return [`_exit(${int(step.args.status)});`];
    case 'wait4': {
      const { process, options } = step.args;
      const whom = process === null ? '-1' : `pid_of(${at.thread(process)})`;
      return [
        'int status = 0;',
        `pid_t pid = wait4(${whom}, &status, ${words.waitOptions(options)}, NULL);`,
        '',
        'show_wait4(pid, status);',
      ];
    }
    case 'waitid': {
      const { process, fd, options } = step.args;
      const whom =
        fd === undefined
          ? `P_PID, (id_t)pid_of(${at.thread(process ?? 0)})`
          : `(idtype_t)3 /* P_PIDFD */, (id_t)${at.fd(fd)}`;
      return [
        'siginfo_t info = { 0 };',
        '',
        `show_waitid(waitid(${whom}, &info, ${words.waitOptions(options)}), &info);`,
      ];
    }
    case 'setpgid': {
      const { process, group } = step.args;
      return [`show_ret(setpgid(pid_of(${at.thread(process)}), pid_of(${at.thread(group)})));`];
    }
    case 'pidfd_open': {
      const { process, flags } = step.args;
      const given = `pid_of(${at.thread(process)}), ${words.pidfdFlags(flags)}`;
      return at.opening(step, `(int)syscall(SYS_pidfd_open, ${given})`);
    }
    default:
      return socketLines(step as Parameters<typeof socketLines>[0], at);
  }
}

const again = ({ among }: Writer): string => (among === null ? '' : `${literal(among)}, `);

/** A mask of signals; the list of runtime.c's signals() ends with 0. */
function signalSet(list: readonly number[] | null): string {
  if (list === null) return 'NULL';
  return `signals(${[...list.map(words.signal), '0'].join(', ')})`;
}

/** So many units as whole larger ones and a rest that is never negative. */
function divided(value: number, unit: number): [whole: number, rest: number] {
  const whole = Math.floor(value / unit);
  return [whole, value - whole * unit];
}

const timespec = (ns: number): string => {
  const [seconds, rest] = divided(ns, 1e9);
  return `{ ${seconds}, ${Math.round(rest)} }`;
};

const span = (ns: number | null): string =>
  ns === null ? 'NULL' : `&(struct timespec)${timespec(ns)}`;

/** The bytes that a write or send passes, as two arguments. */
export function payload(args: {
  readonly data: string | undefined;
  readonly bytes: number | undefined;
  readonly value?: bigint | undefined;
}): string {
  if (args.data !== undefined) return `${literal(args.data)}, ${sizeOf(args.data)}`;
  if (args.bytes !== undefined) return `xs, ${args.bytes}`;
  return `&(uint64_t){ ${words.u64(args.value ?? 0n)} }, 8`;
}

function epollCtl({ args }: StepOf<'epoll_ctl'>, at: Writer): Lines {
  const op = words.spaced(names.epollCtlOp(args.op));
  const head = `epoll_ctl(${at.fd(args.epfd)}, ${op}, ${at.fd(args.fd)}`;
  if (args.event === null) return [`show_ret(${head}, NULL));`];
  const data =
    typeof args.data === 'object' ? `(uint64_t)${at.fd(args.data)}` : words.u64(args.data);
  const events = words.epollEvents(args.events);
  return [
    `struct epoll_event event = { .events = ${events}, .data.u64 = ${data} };`,
    '',
    `show_ret(${head}, &event));`,
  ];
}

type WaitStep = StepOf<'epoll_wait'> | StepOf<'epoll_pwait'> | StepOf<'epoll_pwait2'>;

const eventBuffers = { bad: 'unmapped', held: 'held()' } as const;

function epollWait(step: WaitStep, at: Writer): Lines {
  const { epfd, maxevents, buffer } = step.args;
  const events = buffer === undefined ? 'room()' : eventBuffers[buffer];
  // The compiler would refuse to build what it knows to be wrong.
  const isKnown = maxevents >= 0;
  const head = `${at.fd(epfd)}, events, ${isKnown ? maxevents : 'maxevents'}`;
  let call = '';
  switch (step.call) {
    case 'epoll_wait':
      call = `epoll_wait(${head}, ${int(step.args.timeout)})`;
      break;
    case 'epoll_pwait':
      call = `epoll_pwait(${head}, ${int(step.args.timeout)}, ${signalSet(step.args.sigmask)})`;
      break;
    case 'epoll_pwait2': {
      const { timeout_ns, sigmask } = step.args;
      // The last one goes by the stack, where an int leaves half of a word as it was.
      const given = `${head}, ${span(timeout_ns)}, ${signalSet(sigmask)}, (size_t)8`;
      call = `syscall(SYS_epoll_pwait2, ${given})`;
    }
  }
  return [
    `struct epoll_event *events = ${events};`,
    ...(isKnown ? [] : [`volatile int maxevents = ${int(maxevents)};`]),
    '',
    `show_events(${call}, events);`,
  ];
}

function poll(step: StepOf<'poll'> | StepOf<'ppoll'>, at: Writer): Lines {
  const { fds } = step.args;
  const entries = fds.map(({ fd, events }) => `{ ${at.fd(fd)}, ${pollEvents(events)}, 0 }`);
  const call =
    step.call === 'poll'
      ? `poll(fds, ${fds.length}, ${int(step.args.timeout)})`
      : `ppoll(fds, ${fds.length}, ${span(step.args.timeout_ns)}, ${signalSet(step.args.sigmask)})`;
  const list =
    fds.length === 0
      ? 'struct pollfd *fds = NULL;'
      : `struct pollfd fds[] = { ${entries.join(', ')} };`;
  return [list, '', `show_revents(${call}, fds, ${fds.length});`];
}

/** It is a short. */
const pollEvents = (events: number): string =>
  events > 0x7fff ? `(short)(${words.pollEvents(events)})` : words.pollEvents(events);

function select(step: StepOf<'select'> | StepOf<'pselect6'>, at: Writer): Lines {
  const { args } = step;
  const lists = [args.read, args.write, args.except].map((list) => list.map((fd) => at.fd(fd)));
  const sets = lists.map((list) => [list.length, ...list].join(', '));
  const all = lists.flat();
  const nfds = `highest(${[all.length, ...all].join(', ')})`;
  const pointers = ['in', 'out', 'except'].map((name, i) => `fds(&${name}, ${sets[i]})`);
  const lines = ['fd_set in, out, except;'];
  let call = '';
  if (step.call === 'select') {
    const { timeout } = step.args;
    if (timeout !== null) {
      const [seconds, rest] = divided(timeout, 1000);
      lines.push(`struct timeval timeout = { ${seconds}, ${rest * 1000} };`);
    }
    const last = timeout === null ? 'NULL' : '&timeout';
    call = `select(${nfds}, ${pointers.join(', ')}, ${last})`;
  } else {
    const { timeout_ns, sigmask } = step.args;
    call = `pselect(${nfds}, ${pointers.join(', ')}, ${span(timeout_ns)}, ${signalSet(sigmask)})`;
  }
  return [...lines, '', `show_sets(${call}, &in, &out, &except);`];
}

function read({ args }: StepOf<'read'>, at: Writer): Lines {
  const fd = at.fd(args.fd);
  const call = `read(${fd}, data, ${args.len})`;
  const kind = at.readKind(args.fd);
  const data = 'char *data = room();';
  if (kind === null) {
    return [
      data,
      `enum what what = kind_of(${fd});`,
      '',
      `show_read(what, ${call}, data, ${args.len});`,
    ];
  }
  if (kind === 'BYTES') return [data, '', `show_data(${call}, data, ${args.len});`];
  if (kind === 'COUNTER') return [data, '', `show_counter(${call}, data, ${args.len});`];
  return [data, '', `show_read(${kind}, ${call}, data, ${args.len});`];
}

function readv({ args }: StepOf<'readv'>, at: Writer): Lines {
  let start = 0;
  const pieces = args.lens.map((len) => {
    const piece = `{ ${start === 0 ? 'data' : `data + ${start}`}, ${len} }`;
    start += len;
    return piece;
  });
  const iov =
    pieces.length === 0
      ? 'struct iovec *iov = NULL;'
      : `struct iovec iov[] = { ${pieces.join(', ')} };`;
  return [
    'char *data = room();',
    iov,
    '',
    `show_data(readv(${at.fd(args.fd)}, iov, ${args.lens.length}), data, ${start});`,
  ];
}

function writev({ args }: StepOf<'writev'>, at: Writer): Lines {
  const pieces = args.parts.map((part) => `{ ${literal(part)}, ${sizeOf(part)} }`);
  const iov =
    pieces.length === 0
      ? 'struct iovec *iov = NULL;'
      : `struct iovec iov[] = { ${pieces.join(', ')} };`;
  return [iov, '', `show_ret(writev(${at.fd(args.fd)}, iov, ${args.parts.length}));`];
}

/** What the argument of a command is called. */
function fcntlArg(cmd: number, arg: Fd, at: Writer): string {
  if (typeof arg !== 'number') return at.fd(arg);
  if (cmd === F_SETFL) return words.spaced(names.openFlags(arg));
  return cmd === F_SETFD ? words.spaced(names.fdFlags(arg)) : int(arg);
}

function fcntl(step: StepOf<'fcntl'>, at: Writer): Lines {
  const { fd, cmd, arg } = step.args;
  const call = `fcntl(${at.fd(fd)}, ${names.fcntlCmd(cmd)}, ${fcntlArg(cmd, arg, at)})`;
  const opens = cmd === F_DUPFD || cmd === F_DUPFD_CLOEXEC;
  return opens ? at.opening(step, call) : [`show_ret(${call});`];
}

function ioctl(step: StepOf<'ioctl'>, at: Writer): Lines {
  const { fd, request, arg } = step.args;
  const head = `ioctl(${at.fd(fd)}, ${words.ioctlRequest(request)}`;
  if (takesNumber(request)) {
    const given = request === TIOCGPTPEER ? words.spaced(names.openFlags(arg)) : int(arg);
    const call = `${head}, ${given})`;
    return request === TIOCGPTPEER ? at.opening(step, call) : [`show_ret(${call});`];
  }
  const value = `int value = ${int(arg)};`;
  const call = `${head}, &value)`;
  const shown = asksForNumber(request) ? `show_value(${call}, value);` : `show_ret(${call});`;
  if (!asksForNumber(request)) return [value, '', shown];
  return [value, `int ret = ${call};`, '', 'show_value(ret, value);'];
}

function timerfdSettime({ args }: StepOf<'timerfd_settime'>, at: Writer): Lines {
  const flags = words.spaced(names.timerfdSettimeFlags(args.flags));
  return [
    'struct itimerspec times = {',
    `\t.it_value = ${timespec(args.value_ms * 1e6)},`,
    ...(args.interval_ms === 0 ? [] : [`\t.it_interval = ${timespec(args.interval_ms * 1e6)},`]),
    '};',
    '',
    `show_ret(timerfd_settime(${at.fd(args.fd)}, ${flags}, &times, NULL));`,
  ];
}

const handlers = { SIG_DFL: 'SIG_DFL', SIG_IGN: 'SIG_IGN', caught: 'on_signal' } as const;

function sigaction({ args }: StepOf<'sigaction'>): Lines {
  const handler = handlers[args.handler];
  const flags = words.sigactionFlags(args.flags);
  return [
    `struct sigaction action = { .sa_handler = ${handler}, .sa_flags = ${flags} };`,
    '',
    `show_ret(sigaction(${words.signal(args.signal)}, &action, NULL));`,
  ];
}

function tcsetattr({ args }: StepOf<'tcsetattr'>, at: Writer): Lines {
  const { c_cflag, c_cc } = termiosOf(args);
  const characters = Array.from(c_cc)
    .join(', ')
    .replace(/(?:, 0)+$/, '');
  const flags = (['iflag', 'oflag', 'lflag'] as const).map(
    (name) => `\t.c_${name} = ${words.terminalFlags[name](args[name])},`,
  );
  const actions = args.actions === 0 ? 'TCSETS' : `TCSETS + ${args.actions}`;
  return [
    'struct termios settings = {',
    ...flags,
    `\t.c_cflag = 0x${c_cflag.toString(16)}, /* B38400 | CS8 | CREAD */`,
    `\t.c_cc = { ${characters} },`,
    '};',
    '',
    `show_ret(ioctl(${at.fd(args.fd)}, ${actions}, &settings));`,
  ];
}
