/**
 * Reads what strace printed of a program, line by line: rebuilds the kernel's side, tells what it
 * was after each call, and what cannot be explained or looks like a mistake.
 *
 * Memory is bounded by what the program has open at a time, not by the length of the log.
 */
import type { file } from '../kernel/file.ts';
import type { MachineOptions } from '../sim/machine.ts';
import { Names } from '../trace/names.ts';
import { type MachineView, viewOf } from '../trace/view.ts';
import type { Call, Pending, Thread } from './call.ts';
import { Waits } from './epoll_calls.ts';
import { openedSomehow } from './fd_calls.ts';
import type { Finding } from './findings.ts';
import { type Handler, handlers, ioctlHandler, isWait } from './handlers.ts';
import { type Returned, readLine, type StraceLine } from './line.ts';
import { Mirror } from './mirror.ts';
import { end } from './process_calls.ts';
import { rowState, shownBegun, shownCall } from './show.ts';
import { fdOf, splitArguments } from './text.ts';
import { makesChildren, Threads } from './threads.ts';
import { Watch } from './watch.ts';
import { type Unexplained, World } from './world.ts';

/** A call of the log, with what the model knows after it. */
export interface StraceRow {
  /** Of the log, from 1. */
  readonly line: number;
  /** Null while the log has no column of pids. */
  readonly pid: number | null;
  /** Of the process: the pid of its first thread. */
  readonly tgid: number;
  /** The name of the thread. */
  readonly thread: string;
  /** Since the first line that has a time; null where the log has none. */
  readonly time_ns: number | null;
  /** The call with its arguments and its result, as in the log. */
  readonly call: string;
  /** What must have happened outside of the log before. */
  readonly outside: readonly string[];
  /** Who is ready, who sleeps, what waits to be read. */
  readonly state: readonly string[];
  /** Where the model answers otherwise. */
  readonly unexplained: readonly Unexplained[];
  /** That the line has shown, or shown once more. */
  readonly findings: readonly Finding[];
}

/** A line of a log that cannot be read. */
export interface MalformedLine {
  /** Its number, from 1. */
  readonly line: number;
  /** What was expected, and what was found. */
  readonly reason: string;
}

/** What came of a log. */
export interface StraceReport {
  /** How many lines the log has. */
  readonly lines: number;
  /** Calls that were rebuilt. */
  readonly calls: number;
  /** Calls that have nothing to do with descriptors that can be polled, by name. */
  readonly passedOver: Readonly<Record<string, number>>;
  /** The first of them, and how many there are. */
  readonly malformed: readonly MalformedLine[];
  /** How many lines cannot be read. */
  readonly malformedCount: number;
  /** Answers that the model does not give: the first of them. */
  readonly unexplained: readonly Unexplained[];
  /** How many of those there are. */
  readonly unexplainedCount: number;
  /** What the log shows, the worst first. */
  readonly findings: readonly Finding[];
}

/** The kernel that the log is explained by, and who hears of each call. */
export interface StraceOptions extends Pick<MachineOptions, 'kernel' | 'with' | 'without'> {
  /** Hears of each call; without it no state is made for rows, which is faster. */
  readonly onRow?: (row: StraceRow) => void;
}

/** No call has more. */
const mostArguments = 8;

/** Of malformed lines, so many are kept. */
const mostMalformed = 1000;

/** Calls that a loop makes to look at the clock: they are no work. */
const idleCalls: ReadonlySet<string> = new Set(
  'clock_gettime gettimeofday time sched_yield getpid gettid epoll_wait epoll_pwait epoll_pwait2'.split(
    ' ',
  ),
);

/** Reads a log of strace line by line, and rebuilds it on the model. */
export class StraceReader {
  private readonly world: World;
  private readonly threads: Threads;
  private readonly waits: Waits;
  private readonly watch: Watch = new Watch();
  private readonly names: Names = new Names();
  private readonly onRow: ((row: StraceRow) => void) | null;
  private readonly malformed: MalformedLine[] = [];
  private malformedCount = 0;
  private readonly passedOver: Map<string, number> = new Map();
  private lines = 0;
  private calls = 0;
  private begun = false;
  /** A line that a message of strace has cut in two. */
  private half: string | null = null;
  private firstTime: number | null = null;
  private lastTime: number | null = null;
  /** Since the first time, in seconds. */
  private elapsed = 0;

  /**
   * @throws TypeError for options that cannot be meant
   * @throws RangeError for a value that an option cannot have, as an unknown kernel
   */
  constructor(options: StraceOptions = {}) {
    const { onRow, ...kernel } = options;
    const mirror = new Mirror(kernel);
    mirror.installed = (f, fd) => this.names.learnFile(f, fd);
    this.threads = new Threads(mirror, () => {});
    this.world = new World(mirror, this.threads, this.watch);
    this.waits = new Waits(this.world);
    this.onRow = onRow ?? null;
    this.world.nameOf = this.watch.nameOf = (f: file) => this.names.of(f, mirror.kernel);
    this.world.carryOut = (pending) => handlers.get(pending.name)?.begun?.(this.world, pending);
  }

  /** Takes the next line, `text`, with or without its end. */
  push(text: string): void {
    this.lines++;
    this.world.line = this.watch.line = this.lines;
    let line = text.replace(/\r?\n?$/, '');
    if (this.half !== null) {
      line = this.half + line;
      this.half = null;
    }
    const cut = / attached$/.test(line) ? line.lastIndexOf('strace: Process ') : -1;
    if (cut > 0) {
      this.half = line.slice(0, cut);
      line = line.slice(cut);
    }
    this.take(readLine(line));
  }

  /** The log is over. */
  end(): StraceReport {
    if (this.half !== null) this.refuse('the line is cut');
    this.half = null;
    const findings = this.watch.end(this.threads.alive, !this.threads.hasOutsiders);
    const { unexplained, unexplainedCount } = this.world;
    return {
      lines: this.lines,
      calls: this.calls,
      passedOver: Object.fromEntries([...this.passedOver].sort((a, b) => b[1] - a[1])),
      malformed: this.malformed,
      malformedCount: this.malformedCount,
      unexplained,
      unexplainedCount,
      findings,
    };
  }

  /** The whole of the kernel's side as it is now: trees, lists, queues, files. */
  view(): MachineView {
    return viewOf(this.world.mirror.kernel, this.names);
  }

  private take({ pid, time, isRelative, body }: StraceLine): void {
    this.clock(time, isRelative);
    switch (body.kind) {
      case 'malformed':
        this.refuse(body.reason);
        return;
      case 'note':
        return;
      case 'attached':
        this.threads.attach(body.pid, body.threads, !this.begun);
        return;
      case 'signal':
        this.begun = true;
        this.threads.of(pid);
        return;
      case 'exit':
        this.exited(pid);
        return;
      case 'superseded':
        if (pid !== null) this.threads.supersede(this.threads.of(pid), body.by);
        return;
      case 'unfinished':
        this.start(this.threads.of(pid), body.name, body.args);
        return;
      case 'resumed':
        this.resume(this.threads.of(pid), body.name, body.args, body.returned);
        return;
      case 'call':
        this.whole(this.threads.of(pid), body.name, body.args, body.returned);
    }
  }

  private clock(time: number | null, isRelative: boolean): void {
    if (time === null) return;
    if (isRelative) {
      this.elapsed += this.firstTime === null ? 0 : time;
      this.firstTime ??= time;
      return;
    }
    this.firstTime ??= time;
    const { lastTime } = this;
    this.lastTime = time;
    // A clock on the wall begins anew at midnight.
    if (lastTime !== null)
      this.elapsed +=
        time >= lastTime
          ? time - lastTime
          : lastTime - time > 43_200
            ? time + 86_400 - lastTime
            : 0;
  }

  private refuse(reason: string): void {
    this.malformedCount++;
    this.world.unreadLines++;
    if (this.malformed.length < mostMalformed) this.malformed.push({ line: this.lines, reason });
  }

  private exited(pid: number | null): void {
    const thread = this.threads.of(pid);
    const wasEnded = thread.ended;
    end(this.world, thread);
    this.threads.forget(thread);
    if (!wasEnded) this.row(thread, 'ends');
  }

  /** The first line that is no message: what the log begins with. */
  private begins(name: string): void {
    if (this.begun) return;
    this.begun = true;
    if (name !== 'execve' && name !== 'execveat') this.threads.attached = true;
  }

  private start(thread: Thread, name: string, args: string): void {
    this.begins(name);
    if (thread.ended) return;
    const list = splitArguments(args, mostArguments);
    const pending: Pending = { thread, name, args, line: this.lines, list, done: false };
    thread.pending = pending;
    if (!isKnown(name)) return;
    if (isWait(name)) this.waits.begun(pending);
    if (makesChildren(name)) return;
    if (handlerOf(name, list)?.quiet === true || this.isPlain(thread, list)) return;
    this.row(thread, shownBegun(name, list));
  }

  private resume(thread: Thread, name: string, args: string, returned: Returned): void {
    if (thread.ended) return;
    const { pending } = thread;
    thread.pending = null;
    if (
      pending === null ||
      (pending.name !== name && name !== '???' && !/^syscall_0x|^restart_syscall/.test(name))
    ) {
      // The log begins inside of the call, or the line that began it could not be read.
      if (!this.begun) this.threads.attached = true;
      this.begun = true;
      this.count(name);
      return;
    }
    const joined = `${pending.args}${pending.args.endsWith(',') ? ' ' : ''}${args}`;
    this.finish(thread, pending.name, joined, returned, pending);
  }

  private whole(thread: Thread, name: string, args: string, returned: Returned): void {
    this.begins(name);
    if (thread.ended) return;
    thread.pending = null;
    this.finish(thread, name, args, returned, null);
  }

  private finish(
    thread: Thread,
    name: string,
    text: string,
    returned: Returned,
    pending: Pending | null,
  ): void {
    if (!idleCalls.has(name)) this.watch.acted(thread);
    const known = isKnown(name);
    if (!known && (returned.behind === null || returned.ret === null)) {
      this.count(name);
      return;
    }
    const args = splitArguments(text, mostArguments);
    const call: Call = {
      thread,
      name,
      args,
      returned,
      line: this.lines,
      begun: pending?.line ?? this.lines,
      done: pending?.done ?? false,
    };
    const handler = handlerOf(name, args);
    if (handler === null) {
      if (!known) openedSomehow(this.world, call);
      this.count(name);
      return;
    }
    this.calls++;
    const quiet = handler.quiet === true || this.isPlain(thread, args);
    if (isWait(name)) this.waits.ended(call);
    else handler.ended(this.world, call);
    if (quiet && this.isQuiet()) return;
    this.row(thread, shownCall(call, pending !== null && !quiet && !makesChildren(name)));
  }

  /** Is the call on a file that epoll does not take? Nobody wants to see it read. */
  private isPlain({ task }: Thread, [first]: readonly string[]): boolean {
    const fd = fdOf(first);
    const f = fd === null ? null : this.world.mirror.fileOf(task, fd.fd);
    if (f === null) return /<\//.test(first ?? '') && !/<char|<\/dev/.test(first ?? '');
    return f.f_op.poll === undefined;
  }

  private isQuiet(): boolean {
    const { odd, outside } = this.world;
    return odd.length === 0 && outside.length === 0 && this.watch.fresh.length === 0;
  }

  private count(name: string): void {
    if (this.passedOver.size < 1000) {
      this.passedOver.set(name, (this.passedOver.get(name) ?? 0) + 1);
    }
  }

  private row(thread: Thread, call: string): void {
    const { world, watch, onRow } = this;
    const { outside, odd } = world;
    const findings = watch.fresh;
    world.outside = []; // A row keeps its own.
    world.odd = [];
    watch.fresh = [];
    if (onRow === null) return;
    const { pid, name, task } = thread;
    onRow({
      line: this.lines,
      pid,
      tgid: task.tgid,
      thread: name,
      time_ns: this.firstTime === null ? null : Math.round(this.elapsed * 1e9),
      call,
      outside,
      state: rowState(world, this.names),
      unexplained: odd,
      findings: [...new Set(findings)],
    });
  }
}

const anyWait: Handler = { ended: () => {} };

const isKnown = (name: string): boolean => handlers.has(name) || isWait(name) || name === 'ioctl';

function handlerOf(name: string, args: readonly string[]): Handler | null {
  if (isWait(name)) return anyWait;
  if (name === 'ioctl') return ioctlHandler(args[1]);
  return handlers.get(name) ?? null;
}

/**
 * Reads a log as a whole. `log`: its text, or its lines.
 *
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 */
export function readStrace(
  log: string | Iterable<string>,
  options: StraceOptions = {},
): StraceReport {
  const reader = new StraceReader(options);
  if (typeof log !== 'string') for (const line of log) reader.push(line);
  else {
    for (let at = 0; at < log.length; ) {
      const end = log.indexOf('\n', at);
      reader.push(log.slice(at, end < 0 ? undefined : end));
      at = end < 0 ? log.length : end + 1;
    }
  }
  return reader.end();
}
