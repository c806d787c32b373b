/**
 * What detectors need to know of the course of an execution: what each task asks for, what became of
 * each event, and the last calls. A machine is observed from its start:
 *
 *     const machine = observed(new Machine({ schedule }));
 */
import { current } from '../../kernel/current.ts';
import type { epitem, eventpoll } from '../../kernel/eventpoll/types.ts';
import { type file, slotOf } from '../../kernel/file.ts';
import { looksAt } from '../../kernel/footprint.ts';
import type { Globals } from '../../kernel/globals.ts';
import type { Observer } from '../../kernel/observer.ts';
import type { task_struct } from '../../kernel/sched.ts';
import { timerfd_ctx } from '../../kernel/timerfd.ts';
import { EAGAIN } from '../../kernel/uapi/errno.ts';
import type { Machine } from '../../sim/machine.ts';
import { takers } from '../../trace/calls/kinds.ts';
import { Names } from '../../trace/names.ts';
import { kindOf } from '../../trace/parts.ts';
import { hashNumber, hashText, isProgress, noHash, Rounds } from '../rounds.ts';
import { type Asked, askedBy } from './asked.ts';

/** A call that a task is in. */
export class CallUnderWay {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly asked: readonly Asked[];
  /** What epoll_wait() has told of so far: the number of an item, then its events, and so on. */
  readonly events: number[] = [];
  /** It was woken in this epoll instance, and has found nothing so far. */
  wokenIn: eventpoll | null = null;
  /** It was woken and has found something. */
  wokenFor = false;

  constructor(task: task_struct, call: string, args: readonly unknown[]) {
    this.call = call;
    this.args = args;
    this.asked = askedBy(task, call, args);
  }
}

/** A call that is over. */
export interface CallMade {
  readonly task: string;
  readonly call: string;
  readonly args: readonly unknown[];
  readonly ret: number;
  /** As in CallUnderWay. */
  readonly events: readonly number[];
  readonly time_ns: number;
  /** Of the machine, after it. */
  readonly stepsLeft: number;
  /** How often clocks had been read since they moved last. */
  readonly clockReads: number;
}

/** The last time that an item was told of. */
export interface Delivery {
  readonly task: task_struct;
  /** Orders what is noted here. */
  readonly at: number;
}

/** The last time that somebody took something out of a file, or found its end. */
export interface Taking extends Delivery {
  readonly ret: number;
}

/** An event for a descriptor that its process did not have any more. */
export interface StaleEvent {
  readonly task: string;
  readonly item: string;
  /** What the file is, and the number that it was added under. */
  readonly file: string;
  readonly fd: number;
  /** What the number stands for now; null for nothing. */
  readonly now: string | null;
  /** Who has the file open: "main has it as 6". */
  readonly holders: readonly string[];
}

/** Somebody was woken, or told of something, and there was nothing. */
export interface VainWakeup {
  readonly task: task_struct;
  /** The epoll instance, or the file, by name. */
  readonly on: string;
  /** False if it did not sleep: the event was there when it asked. */
  readonly woken: boolean;
}

/** A file that a task was told of. */
interface Told {
  readonly at: number;
  /** It was woken for it. */
  readonly woken: boolean;
}

/** How many of the last calls are kept, at least. */
const keptCalls = 256;

export class Observations implements Observer {
  readonly calls: Map<task_struct, CallUnderWay> = new Map();
  readonly deliveries: Map<epitem, Delivery> = new Map();
  readonly takings: Map<file, Taking> = new Map();
  readonly stale: StaleEvent[] = [];
  private readonly inVain: VainWakeup[] = [];
  /** The oldest first. */
  readonly made: CallMade[] = [];
  readonly rounds: Map<task_struct, Rounds> = new Map();
  /** A task has made the same calls again. */
  repeats = false;

  private readonly kernel: Globals;
  private names: Names | null = null;
  /** Files that each task was told of and has not looked at, and when. */
  private readonly told: Map<task_struct, Map<file, Told>> = new Map();
  private at = 0;

  constructor(kernel: Globals) {
    this.kernel = kernel;
  }

  /** What an object of the machine is called at the moment. */
  private nameOf(object: object): string {
    this.names ??= new Names();
    return this.names.of(object, this.kernel);
  }

  /** Those of tasks too that have slept again since, and for ever. */
  get vain(): readonly VainWakeup[] {
    const asleep = [...this.calls].flatMap(([task, { wokenIn }]) =>
      wokenIn === null ? [] : [{ task, on: this.nameOf(wokenIn), woken: true }],
    );
    return [...this.inVain, ...asleep];
  }

  entered(task: task_struct, call: string, args: readonly unknown[]): void {
    this.calls.set(task, new CallUnderWay(task, call, args));
  }

  returned(task: task_struct, call: string, args: readonly unknown[], ret: number): void {
    const under = this.calls.get(task);
    if (under === undefined) return; // A program after execve() comes back from no call.
    this.calls.delete(task);
    this.foundNothing(task, under);
    if (takers.has(call)) for (const { file } of under.asked) this.take(task, file, ret);
    this.noteRound(task, under, ret);
    const { clockReads, hrtimers, stepsLeft } = this.kernel;
    const { events } = under;
    this.made.push({
      task: task.comm,
      call,
      args,
      ret,
      events,
      time_ns: hrtimers.now_ns,
      stepsLeft,
      clockReads,
    });
    if (this.made.length >= 2 * keptCalls) this.made.splice(0, keptCalls);
  }

  private noteRound(
    task: task_struct,
    { call, args, asked, events }: CallUnderWay,
    ret: number,
  ): void {
    let rounds = this.rounds.get(task);
    if (rounds === undefined) this.rounds.set(task, (rounds = new Rounds()));
    let hash = hashNumber(hashText(noHash, call), ret);
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg === 'number') hash = hashNumber(hash, arg);
    }
    hash = hashNumber(hash, events.length);
    for (let i = 0; i < events.length; i++) hash = hashNumber(hash, events[i] as number);
    const ticks = asked.length > 0 && asked[0]?.file.private_data instanceof timerfd_ctx;
    rounds.note(hash, !ticks && isProgress(call, ret));
    this.repeats ||= rounds.repeated > 1;
  }

  woken(ep: eventpoll): void {
    const under = this.calls.get(current);
    if (under === undefined || current.sigpending) return;
    this.foundNothing(current, under);
    under.wokenIn = ep;
  }

  /** The task goes on, or sleeps again, without an event since it was woken. */
  private foundNothing(task: task_struct, under: CallUnderWay): void {
    const { wokenIn } = under;
    if (wokenIn === null) return;
    this.inVain.push({ task, on: this.nameOf(wokenIn), woken: true });
    under.wokenIn = null;
  }

  delivered(epi: epitem, revents: number): void {
    const task = current;
    const under = this.calls.get(task);
    const { file, fd } = epi.ffd;
    if (under !== undefined) {
      under.wokenFor ||= under.wokenIn !== null;
      under.wokenIn = null;
      under.events.push(fd, revents);
    }
    this.deliveries.set(epi, { task, at: ++this.at });
    let told = this.told.get(task);
    if (told === undefined) this.told.set(task, (told = new Map()));
    told.set(file, { at: this.at, woken: under?.wokenFor === true });
    looksAt(slotOf(task.files, fd)); // Else no schedule would be tried for what is seen here.
    if (task.files.fd[fd] !== file) this.noteStale(task, epi);
  }

  private take(task: task_struct, file: file, ret: number): void {
    const told = this.told.get(task);
    const toldOf = told?.get(file);
    told?.delete(file);
    const last = this.takings.get(file);
    if (ret !== -EAGAIN) this.takings.set(file, { task, at: ++this.at, ret });
    else if (toldOf !== undefined && last !== undefined && last.task !== task) {
      const { at, woken } = toldOf;
      if (last.at > at) this.inVain.push({ task, on: this.nameOf(file), woken });
    }
  }

  private noteStale(task: task_struct, epi: epitem): void {
    const { file, fd } = epi.ffd;
    const now = task.files.fd[fd] ?? null;
    const holders = new Set<string>();
    for (const { comm, files } of this.kernel.tasks.values()) {
      const held = files.fd.indexOf(file);
      if (held >= 0) holders.add(`${comm} has it as ${held}`);
    }
    this.stale.push({
      task: task.comm,
      item: this.nameOf(epi),
      file: kindOf(file),
      fd,
      now: now === null ? null : this.nameOf(now),
      holders: [...holders],
    });
  }
}

/** Observes a machine that has not run yet; the machine. */
export function observed(machine: Machine): Machine {
  machine.kernel.observer = new Observations(machine.kernel);
  return machine;
}

/** What was observed of a machine; null if nobody did. */
export const observationsOf = ({ kernel }: Machine): Observations | null => observationsIn(kernel);

export const observationsIn = ({ observer }: Globals): Observations | null =>
  observer instanceof Observations ? observer : null;
