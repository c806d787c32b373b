/** Matchers for machines, their threads and descriptors, and for whom an action has woken. */
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import type { Globals } from '../../kernel/globals.ts';
import { EPOLLIN, EPOLLOUT, EPOLLWRBAND, EPOLLWRNORM } from '../../kernel/uapi/eventpoll.ts';
import { epollFlags } from '../../kernel/uapi/names.ts';
import { lastPidBefore, Machine } from '../../sim/machine.ts';
import { type Sleeper, sleeperOf, sleeperText } from '../../sim/report.ts';
import { callNames } from '../../syscalls/arguments.ts';
import { inWords } from '../../syscalls/found.ts';
import { nearHint } from '../../syscalls/near.ts';
import { readyBits } from '../../trace/readiness.ts';
import { WatchedMachine } from '../fixtures.ts';
import { Descriptor, Thread } from '../subjects.ts';
import { Wakeups } from '../wakeups.ts';
import { type Asking, type Judged, listed, stateNow } from './state.ts';

/** Everything but that one can write. */
const news = ~(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);

/**
 * Has the descriptor something ready, now? An epoll instance: would epoll_wait() tell of something?
 * `events`: all of these bits; where none are asked for, anything but room to write.
 */
export function toBeReady(this: Asking, received: unknown, events?: number): Judged {
  if (!(received instanceof Descriptor)) {
    throw wrongSubject('toBeReady', 'descriptor(sys, fd)', received);
  }
  const { fd, file, task } = received;
  if (file === null) {
    throw new TypeError(`toBeReady: expected an open descriptor, found ${fd}, which is closed`);
  }
  const bits = readyBits(file, task);
  const isEpoll = file.private_data instanceof eventpoll;
  const wanted = events ?? (isEpoll ? EPOLLIN : null);
  const pass =
    bits !== null && (wanted === null ? (bits & news) !== 0 : (bits & wanted) === (wanted | 0));
  return {
    pass,
    message: () => {
      const what = isEpoll ? 'the epoll instance' : 'the file';
      const kind = events === undefined ? 'ready' : `ready for ${epollFlags(events)}`;
      const has = bits ? epollFlags(bits) : bits === 0 ? 'nothing' : 'what cannot be told now';
      const negation = this.isNot === true ? 'not ' : '';
      return said(
        `expected ${what} behind descriptor ${fd} ${negation}to be ${kind}; it has ${has}`,
        task.kernel,
      );
    },
  };
}

/** Is the thread asleep, in this call, or in any? */
export function toBeBlockedIn(this: Asking, received: unknown, call: string): Judged {
  if (!(received instanceof Thread)) {
    throw wrongSubject('toBeBlockedIn', "thread(machine, 't1')", received);
  }
  const { kernel, name } = received;
  if (this.isNot === true) checkKnown('toBeBlockedIn', kernel, [name]);
  checkCall('toBeBlockedIn', call);
  const sleeper = sleeperNamed(kernel, name);
  return {
    pass: sleeper !== null && isIn(sleeper, call),
    message: () =>
      said(
        this.isNot === true
          ? `expected ${name} not to be blocked in ${call}, and it is`
          : `expected ${name} to be blocked in ${call}; ${whereabouts(kernel, name)}`,
        kernel,
      ),
  };
}

/** Is the thread asleep, wherever? */
export function toBeBlocked(this: Asking, received: unknown): Judged {
  if (!(received instanceof Thread)) {
    throw wrongSubject('toBeBlocked', "thread(machine, 't1')", received);
  }
  const { kernel, name } = received;
  if (this.isNot === true) checkKnown('toBeBlocked', kernel, [name]);
  return {
    pass: sleeperNamed(kernel, name) !== null,
    message: () =>
      said(
        this.isNot === true
          ? `expected ${name} not to be blocked; ${whereabouts(kernel, name)}`
          : `expected ${name} to be blocked; ${whereabouts(kernel, name)}`,
        kernel,
      ),
  };
}

/** Does a thread of the machine sleep, in this call if one is given? */
export function toHaveBlocked(
  this: Asking,
  received: unknown,
  name: string,
  call?: string,
): Judged {
  const machine = machineOf('toHaveBlocked', received);
  const { kernel } = machine;
  if (this.isNot === true) checkKnown('toHaveBlocked', kernel, [name]);
  if (call !== undefined) checkCall('toHaveBlocked', call);
  const sleeper = sleeperNamed(kernel, name);
  const where = call === undefined ? '' : ` in ${call}`;
  return {
    pass: sleeper !== null && (call === undefined || isIn(sleeper, call)),
    message: () =>
      saidOf(
        machine,
        this.isNot === true
          ? `expected ${name} not to be blocked${where}, and it is`
          : `expected ${name} to be blocked${where}; ${whereabouts(kernel, name)}`,
      ),
  };
}

/** Has everybody on the machine come to the end? */
export function toHaveFinished(this: Asking, received: unknown): Judged {
  const machine = machineOf('toHaveFinished', received);
  const left = [...machine.kernel.tasks.values()].map(({ comm }) => comm);
  return {
    pass: left.length === 0,
    message: () => {
      if (this.isNot === true)
        return 'expected that somebody is left on the machine; all have ended';
      const found = left.map((name) => whereabouts(machine.kernel, name)).join(', ');
      return saidOf(machine, `expected that all programs have ended; ${found}`);
    },
  };
}

/**
 * Has the action woken just these threads, in whatever order? Negated: none of these; and without
 * names: nobody.
 */
export function toWake(this: Asking, received: unknown, ...names: string[]): Judged {
  const { kernel, names: woken } = wakeupsOf('toWake', received);
  const found = [...new Set(woken)];
  const missing = names.filter((name) => !found.includes(name));
  const others = found.filter((name) => !names.includes(name));
  if (this.isNot === true) {
    checkKnown('toWake', kernel, names);
    const pass = names.length === 0 ? found.length > 0 : missing.length < names.length;
    const whom = names.length === 0 ? 'nobody' : `neither of ${listed(names)}`;
    const wanted = names.length === 1 ? `${names[0]} not to be woken` : `${whom} to be woken`;
    return {
      pass,
      message: () => said(`expected ${wanted}; woken: ${listed(woken)}`, kernel),
    };
  }
  const extent = others.length > 0 && missing.length === 0 ? ' and nobody else' : '';
  const whom = names.length === 0 ? 'somebody' : `${listed(names)}${extent}`;
  return {
    pass: names.length === 0 ? found.length > 0 : missing.length + others.length === 0,
    message: () => said(`expected ${whom} to be woken; woken: ${listed(woken)}`, kernel),
  };
}

/** Has the action woken these threads, and perhaps others? */
export function toWakeAtLeast(this: Asking, received: unknown, ...names: string[]): Judged {
  const { kernel, names: woken } = wakeupsOf('toWakeAtLeast', received);
  if (this.isNot === true) checkKnown('toWakeAtLeast', kernel, names);
  return {
    pass: names.every((name) => woken.includes(name)),
    message: () =>
      said(
        `expected ${listed(names)} ${this.isNot === true ? 'not all ' : ''}to be woken; ` +
          `woken: ${listed(woken)}`,
        kernel,
      ),
  };
}

/**
 * Of a thread that there never was, by a slip in its name, anything can be denied. Once one has gone, it
 * may have had that name.
 */
function checkKnown(matcher: string, kernel: Globals, names: readonly string[]): void {
  if (kernel.last_pid - lastPidBefore > kernel.tasks.size) return;
  const known = [...kernel.tasks.values()].map(({ comm }) => comm);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const others = known.length === 0 ? 'none' : listed(known);
  throw new TypeError(
    `not.${matcher}: expected a thread that there is, found "${unknown}" (there are ${others})`,
  );
}

/** Nobody sleeps in what is nearly the name of a call. */
function checkCall(matcher: string, call: string): void {
  const hint = (callNames as readonly string[]).includes(call) ? null : nearHint(call, callNames);
  if (hint === null || call === 'futex') return;
  throw new TypeError(`${matcher}: expected a system call, found "${call}"; ${hint}`);
}

const said = (sentence: string, kernel: Globals): string => `${sentence}\n\n${stateNow(kernel)}`;

/** The same, with what has happened up to now, where that is known. */
function saidOf(machine: Machine, sentence: string): string {
  const table = machine instanceof WatchedMachine ? machine.rows.text() : '';
  const before = table === '' ? '' : `\n\nwhat happened:\n\n${table}`;
  return `${said(sentence, machine.kernel)}${before}`;
}

function sleeperNamed(kernel: Globals, name: string): Sleeper | null {
  for (const task of kernel.tasks.values()) {
    if (task.comm !== name) continue;
    const sleeper = sleeperOf(task);
    if (sleeper !== null) return sleeper;
  }
  return null;
}

/** Who waits in pthread_join() is in futex(), as in Linux; either name will do. */
const isIn = ({ call }: Sleeper, wanted: string): boolean =>
  call === wanted || (wanted === 'pthread_join' && call === 'futex');

function whereabouts(kernel: Globals, name: string): string {
  const sleeper = sleeperNamed(kernel, name);
  if (sleeper !== null) return sleeperText(sleeper);
  const names = [...kernel.tasks.values()].map(({ comm }) => comm);
  if (names.includes(name)) return `${name} does not sleep`;
  const others = names.length === 0 ? 'no thread is left' : `there are ${listed(names)}`;
  return `there is no thread ${name}: it has ended, or has not begun (${others})`;
}

function machineOf(matcher: string, received: unknown): Machine {
  if (received instanceof Machine) return received;
  throw wrongSubject(matcher, 'machine', received);
}

function wakeupsOf(matcher: string, received: unknown): Wakeups {
  if (received instanceof Wakeups) return received;
  throw wrongSubject(matcher, "yield* wakeups(sys, sys.write(fd, 'x'))", received);
}

const wrongSubject = (matcher: string, example: string, received: unknown): TypeError =>
  new TypeError(
    `${matcher}: expected a subject as in expect(${example}).${matcher}(…), found ${inWords(received)}`,
  );
