/**
 * An execution as a graph of causes.
 *
 * What happens is a happening: a wakeup walks over a queue, an item gets onto a list, an event is
 * told. Each knows where it happened (a function inside of a function inside of a call or an
 * interrupt) and which wakeup called it; those of one object are a chain in the order of time. So a
 * happening leads back to the call that began it, and on to what became of it.
 *
 * Beside it stands what each file had ready, and since which call.
 */
import { EP_PRIVATE_BITS, EP_UNACTIVE_PTR, eventpoll } from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import type { Globals } from '../kernel/globals.ts';
import { rbNodes } from '../kernel/rbtree.ts';
import { TASK_DEAD, type task_struct } from '../kernel/sched.ts';
import { signalfd_ctx } from '../kernel/signalfd.ts';
import type { Fact, SignalFate } from '../kernel/trace.ts';
import { socket } from '../net/socket.ts';
import { epollWaits } from '../trace/calls/kinds.ts';
import type {
  CallEvent,
  Occasion,
  ReturnEvent,
  SentEvent,
  TaskRef,
  TraceEvent,
} from '../trace/events.ts';
import type { Ending, Format, Scene } from '../trace/format.ts';
import { Moments } from '../trace/moments.ts';
import { readyBits } from '../trace/readiness.ts';
import { filesOf, type OpenFile } from '../trace/views/files.ts';
import { type Asked, askedIn } from './polled.ts';
import { type Shortfall, shortfallOf } from './shortfall.ts';

/** When and by whom. */
interface Placed {
  /** Of the trace, for the order of time. */
  readonly seq: number;
  /** As the table numbers them. */
  readonly step: number;
  readonly task: TaskRef;
}

/** A function of the kernel that is under way, or an interrupt. */
export interface Scope extends Placed {
  readonly kind: 'call' | 'function' | 'irq';
  readonly name: string;
  readonly parent: Scope | null;
  /** The wakeup that called it. */
  readonly caller: Happening | null;
  /** The last wakeup that began in it. */
  wake: Happening | null;
}

/** A system call. */
export interface Call extends Scope {
  readonly kind: 'call';
  readonly event: CallEvent;
  /** Null while it is under way. */
  ended: ReturnEvent | null;
  /** In which step it returned. */
  endedIn: number | null;
  /** In which step its task ended while it was under way. */
  diedIn: number | null;
  /** The file that its first argument stands for. */
  readonly file: number | null;
  readonly fileName: string | null;
  /** Of epoll_ctl(): the file that is to be watched. */
  readonly target: number | null;
  /** Of poll() and select(): the files that they ask. */
  readonly asks: readonly (Asked & { readonly file: number; readonly name: string })[];
  /** What the file is, if that is an epoll instance. */
  readonly ep: number | null;
  /** Of a wait in the step that is asked for: the files behind the numbers of the items, by number. */
  readonly behind: ReadonlyMap<number, FileRef>;
}

export interface FileRef {
  readonly id: number;
  readonly name: string;
}

export interface Happening extends Placed {
  readonly fact: Fact | 'wakeup' | 'note' | 'waits';
  /** What it is about, by name and by number; a task that is woken is known by its name. */
  readonly about: string;
  readonly object: number;
  readonly detail: number;
  readonly scope: Scope | null;
  readonly caller: Happening | null;
}

/** A signal was sent. */
export interface Sent extends Placed {
  readonly signo: number;
  readonly to: TaskRef;
  readonly fate: SignalFate;
  readonly scope: Scope | null;
}

/** A file has other things ready than before. */
export interface Change extends Placed {
  readonly from: number;
  readonly to: number;
  /** The call or the interrupt that made it so; null if nobody can be named. */
  readonly by: Scope | null;
}

/** In which step: a call may have begun before. */
export const stepOf = ({ by, step }: Change): number =>
  by === null || (by.kind === 'call' && step > by.step) ? step : by.step;

/** An item at one moment. */
export interface ItemNow {
  readonly id: number;
  readonly name: string;
  readonly fd: number;
  readonly file: number;
  readonly fileName: string;
  readonly mask: number;
  readonly disarmed: boolean;
  /** All that its file has ready; null where that cannot be told. */
  readonly ready: number | null;
  readonly on: 'rdllist' | 'ovflist' | 'txlist' | null;
  /** Whether it watches a signalfd, which has something else ready for each who asks. */
  readonly signalfd: boolean;
}

export interface EpollNow {
  readonly id: number;
  readonly name: string;
  readonly items: readonly ItemNow[];
  /** Who is inside of a scan. */
  readonly scanner: string | null;
}

/** The epoll instances at the end of a step. */
export interface Snapshot {
  readonly seq: number;
  readonly epolls: readonly EpollNow[];
  /** What each open file lacks, by its number. */
  readonly lacks: ReadonlyMap<number, Shortfall>;
  /** Of each open file, under which numbers and where: `3 of main`. */
  readonly open: ReadonlyMap<number, readonly string[]>;
  /** What each open file is called. */
  readonly names: ReadonlyMap<number, string>;
  /** The files that some item watches. */
  readonly watched: ReadonlySet<number>;
  /** The files that are epoll instances. */
  readonly instances: ReadonlySet<number>;
}

export class History implements Format {
  readonly calls: Call[] = [];
  readonly happenings: Happening[] = [];
  readonly signals: Sent[] = [];
  /** At the end of the step that is asked for, and at the end of all. */
  asked: Snapshot | null = null;
  last: Snapshot | null = null;
  ending: Ending | null = null;
  /** How many steps there were. */
  steps = 0;
  /** Title and kind. */
  scene: Scene | null = null;

  private readonly step: number | null;
  private readonly moments: Moments;
  private readonly stacks: Map<string, Scope[]> = new Map();
  private readonly byObject: Map<number, Happening[]> = new Map();
  private readonly changes: Map<number, Change[]> = new Map();
  /** Who made each file. */
  private readonly makers: Map<number, Scope | null> = new Map();
  private readonly sources: Map<number, readonly number[]> = new Map();
  /** What each file had ready when it was last looked at. */
  private readonly ready: Map<number, number> = new Map();
  private lastActor: Scope | null = null;
  private lastPlaced: Placed = { seq: 0, step: 0, task: { pid: 0, tgid: 0, comm: '' } };

  /** `step`: the one that is asked for, if one is. */
  constructor(step: number | null = null) {
    this.step = step;
    this.moments = new Moments(({ index }) => {
      this.steps = Math.max(this.steps, index + 1);
      if (index === this.step) this.asked = this.snapshot();
    });
  }

  begin(scene: Scene): void {
    this.scene = scene;
    this.moments.begin(scene);
  }

  event(event: TraceEvent): void {
    const step = event.kind === 'step' ? event.index : this.moments.index;
    const placed = { seq: event.seq, step, task: event.task };
    this.lastPlaced = placed;
    this.look(event, placed);
    this.note(event, placed);
    this.moments.event(event);
  }

  end(ending: Ending): void {
    this.moments.end();
    this.ending = ending;
    this.last = this.snapshot();
  }

  /** All that happened to an object, in the order of time. */
  of(object: number): readonly Happening[] {
    return this.byObject.get(object) ?? [];
  }

  /** How what a file has ready changed. */
  changesOf(file: number): readonly Change[] {
    return this.changes.get(file) ?? [];
  }

  /** The call that made a file. */
  makerOf(file: number): Scope | null {
    return this.makers.get(file) ?? null;
  }

  /** What a file stands for in the kernel: a pipe, a sock. */
  sourcesOf(file: number): readonly number[] {
    return this.sources.get(file) ?? [];
  }

  // ── the graph ──────────────────────────────────────────────────────────────────────────────

  private note(event: TraceEvent, placed: Placed): void {
    switch (event.kind) {
      case 'call':
        this.stackOf(event).push(this.callOf(event, placed));
        break;
      case 'return':
        this.returned(event, placed);
        break;
      case 'enter':
        this.stackOf(event).push(this.scopeOf(event, placed, 'function', event.fn));
        break;
      case 'leave':
        this.stackOf(event).pop();
        break;
      case 'irq':
        this.interrupted(event, placed, event.name, event.entered);
        break;
      case 'wakeup':
        this.happened(event, placed, 'wakeup', event.woken.comm, -event.woken.pid, 0);
        break;
      case 'note':
        this.happened(
          event,
          placed,
          event.fact ?? 'note',
          event.fact === null ? event.what : event.about,
          event.object,
          event.detail,
        );
        break;
      case 'fact':
        this.happened(event, placed, event.fact, event.about, event.object, event.detail);
        break;
      case 'sent':
        this.sent(event, placed);
        break;
      case 'op':
        if (!event.done && event.verb === 'mutex_lock') this.waits(event, placed, event.target);
        break;
      case 'exit':
        this.died(event, placed);
    }
  }

  private sent(event: SentEvent, placed: Placed): void {
    const { fate, info, to } = event;
    const scope = this.stackOf(event).at(-1) ?? null;
    this.signals.push({ ...placed, signo: info.si_signo, to, fate, scope });
  }

  private stackOf(event: Occasion): Scope[] {
    const key = keyOf(event);
    let stack = this.stacks.get(key);
    if (stack === undefined) this.stacks.set(key, (stack = []));
    return stack;
  }

  private scopeOf(
    event: Occasion,
    placed: Placed,
    kind: 'function' | 'irq',
    name: string,
    parent: Scope | null = this.stackOf(event).at(-1) ?? null,
  ): Scope {
    return { ...placed, kind, name, parent, caller: parent?.wake ?? null, wake: null };
  }

  private callOf(event: CallEvent, placed: Placed): Call {
    const f = this.fileOf(event, event.args[0]);
    const target = event.name === 'epoll_ctl' ? this.fileOf(event, event.args[2]) : null;
    const { private_data = null } = f ?? {};
    const call: Call = {
      ...placed,
      kind: 'call',
      name: event.name,
      parent: null,
      caller: null,
      wake: null,
      event,
      ended: null,
      endedIn: null,
      diedIn: null,
      file: f === null ? null : this.idOf(f),
      fileName: f === null ? null : this.nameOf(f),
      target: target === null ? null : this.idOf(target),
      asks: this.asksOf(event),
      ep: private_data instanceof eventpoll ? this.idOf(private_data) : null,
      behind:
        private_data instanceof eventpoll && this.isAsked(event, placed)
          ? this.behindItems(private_data, event)
          : new Map(),
    };
    this.calls.push(call);
    return call;
  }

  private isAsked({ name }: CallEvent, { step }: Placed): boolean {
    return step === this.step && epollWaits.has(name);
  }

  private behindItems({ rbr }: eventpoll, event: CallEvent): Call['behind'] {
    const found = new Map<number, FileRef>();
    for (const { ffd } of rbNodes(rbr)) {
      const f = this.fileOf(event, ffd.fd);
      if (f !== null) found.set(ffd.fd, { id: this.idOf(f), name: this.nameOf(f) });
    }
    return found;
  }

  private asksOf(event: CallEvent): Call['asks'] {
    return askedIn(event).flatMap((asked) => {
      const file = this.fileOf(event, asked.fd);
      return file === null ? [] : [{ ...asked, file: this.idOf(file), name: this.nameOf(file) }];
    });
  }

  private returned(event: ReturnEvent, placed: Placed): void {
    const stack = this.stackOf(event);
    while (stack.length > 0) {
      const scope = stack.pop() as Scope;
      if (scope.kind !== 'call') continue;
      const call = scope as Call;
      call.ended = event;
      call.endedIn = placed.step;
      this.lastActor = call;
      break;
    }
  }

  /** What the task was in the middle of does not come back. */
  private died(event: Occasion, { step }: Placed): void {
    const key = `${event.task.pid}`;
    for (const scope of this.stacks.get(key) ?? []) {
      if (scope.kind === 'call') (scope as Call).diedIn = step;
    }
    this.stacks.delete(key);
  }

  /** An interrupt that a task raised itself stands inside of what it was doing. */
  private interrupted(event: Occasion, placed: Placed, name: string, entered: boolean): void {
    const key = `irq ${event.task.pid}`;
    let stack = this.stacks.get(key);
    if (stack === undefined) this.stacks.set(key, (stack = []));
    if (entered) {
      const below = this.stacks.get(`${event.task.pid}`)?.at(-1) ?? null;
      const parent = stack.at(-1) ?? (name === 'NET_RX' ? below : null);
      stack.push(this.scopeOf(event, placed, 'irq', name, parent));
      return;
    }
    while (stack.length > 0) {
      const scope = stack.pop() as Scope;
      if (scope.kind !== 'irq') continue;
      if (scope.parent === null) this.lastActor = scope;
      break;
    }
  }

  private happened(
    event: Occasion,
    placed: Placed,
    fact: Happening['fact'],
    about: string,
    object: number,
    detail: number,
  ): void {
    const scope = this.stackOf(event).at(-1) ?? null;
    const caller = fact === 'wake' ? null : callerOf(scope);
    const happening: Happening = { ...placed, fact, about, object, detail, scope, caller };
    if (fact === 'wake' && scope !== null) scope.wake = happening;
    this.happenings.push(happening);
    const chain = this.byObject.get(object);
    if (chain === undefined) this.byObject.set(object, [happening]);
    else chain.push(happening);
  }

  /** A call finds a mutex of an instance taken, and who has it. */
  private waits(event: Occasion, placed: Placed, target: string): void {
    for (const { file } of filesOf(this.kernel)) {
      const { private_data } = file;
      if (!(private_data instanceof eventpoll)) continue;
      if (this.nameOf(private_data.mtx) !== target) continue;
      const holder = private_data.mtx.owner?.comm ?? 'somebody';
      this.happened(event, placed, 'waits', `${target}, which ${holder} holds`, 0, 0);
    }
  }

  // ── what is ready ──────────────────────────────────────────────────────────────────────────

  /** Looks at all files where a task is about to come back to its program, or to sleep. */
  private look(event: TraceEvent, placed: Placed): void {
    const { kind } = event;
    if (kind !== 'return' && kind !== 'switch' && kind !== 'step' && kind !== 'exit') return;
    const task = this.lookerFor(event);
    if (task === null) return;
    const own = this.stacks.get(`${event.task.pid}`)?.find((scope) => scope.kind === 'call');
    const by = this.lastActor?.kind === 'irq' ? this.lastActor : (own ?? this.lastActor);
    this.lastActor = null;
    const isOwn = task.pid === event.task.pid;
    const other = this.writerBeside(by ?? null);
    for (const { file } of filesOf(this.kernel)) {
      const actor = file.private_data instanceof eventpoll ? by : (other ?? by);
      if (isOwn || !isSignalfd(file)) this.lookAt(file, task, placed, actor ?? null);
    }
  }

  /** A wait changes no file but an instance: another call is in the middle of it, where threads run freely. */
  private writerBeside(by: Scope | null): Scope | null {
    if (this.scene?.kind === 'scenario' || by === null || !waits(by)) return null;
    let last: Scope | null = null;
    for (const [key, [call]] of this.stacks) {
      if (key.startsWith('irq') || call?.kind !== 'call' || waits(call)) continue;
      if (last === null || call.seq > last.seq) last = call;
    }
    return last;
  }

  /** Who asks the files: the task of the event, or anybody where that has ended. */
  private lookerFor({ task }: Occasion): task_struct | null {
    const own = this.kernel.tasks.get(task.pid);
    if (own !== undefined && isAlive(own)) return own.lockdep_depth > 0 ? null : own;
    return (
      [...this.kernel.tasks.values()].find((one) => isAlive(one) && one.lockdep_depth === 0) ?? null
    );
  }

  private lookAt(f: file, task: task_struct, placed: Placed, by: Scope | null): void {
    const id = this.idOf(f);
    if (!this.sources.has(id)) {
      this.sources.set(id, this.partsOf(f));
      this.makers.set(id, by);
    }
    const from = this.ready.get(id) ?? 0;
    const to = readyBits(f, task);
    if (to === null || to === from) return;
    this.ready.set(id, to);
    const change = { ...placed, from, to, by };
    const changes = this.changes.get(id);
    if (changes === undefined) this.changes.set(id, [change]);
    else changes.push(change);
  }

  private partsOf({ private_data }: file): number[] {
    if (typeof private_data !== 'object' || private_data === null) return [];
    const sk = private_data instanceof socket ? private_data.sk : null;
    return [private_data, ...(sk === null ? [] : [sk])].map((one) => this.idOf(one));
  }

  // ── the state ──────────────────────────────────────────────────────────────────────────────

  private get kernel(): Globals {
    return (this.scene as Scene).kernel;
  }

  private idOf(object: object): number {
    return (this.scene as Scene).recorder.idOf(object);
  }

  private nameOf(object: object): string {
    return (this.scene as Scene).recorder.names.of(object, this.kernel);
  }

  private fileOf({ task }: CallEvent, fd: unknown): file | null {
    if (typeof fd !== 'number') return null;
    return this.kernel.tasks.get(task.pid)?.files.fd[fd] ?? null;
  }

  private snapshot(): Snapshot {
    const epolls: EpollNow[] = [];
    const task = [...this.kernel.tasks.values()].find(({ lockdep_depth }) => lockdep_depth === 0);
    const open: OpenFile[] = this.scene === null ? [] : filesOf(this.kernel);
    for (const { file } of open) {
      if (file.private_data instanceof eventpoll && task !== undefined) {
        epolls.push(this.epollNow(file.private_data, this.nameOf(file), task));
      }
    }
    const watched = epolls.flatMap(({ items }) => items.map((item) => item.file));
    const lacks = new Map<number, Shortfall>();
    const numbers = new Map<number, string[]>();
    const names = new Map<number, string>();
    const instances = new Set<number>();
    for (const { descriptors, file } of open) {
      lacks.set(
        this.idOf(file),
        shortfallOf(file, this.kernel, (one) => this.nameOf(one)),
      );
      names.set(this.idOf(file), this.nameOf(file));
      if (file.private_data instanceof eventpoll) instances.add(this.idOf(file));
      numbers.set(
        this.idOf(file),
        descriptors.map(({ fd, tgid }) => `${fd} of ${this.kernel.tasks.get(tgid)?.comm ?? tgid}`),
      );
    }
    return {
      seq: this.lastPlaced.seq,
      epolls,
      lacks,
      open: numbers,
      names,
      watched: new Set(watched),
      instances,
    };
  }

  private epollNow(ep: eventpoll, name: string, task: task_struct): EpollNow {
    const ready = new Set(ep.rdllist);
    const overflow = new Set<unknown>();
    for (let epi = ep.ovflist; epi !== null && epi !== EP_UNACTIVE_PTR; epi = epi.next) {
      overflow.add(epi);
    }
    const items = rbNodes(ep.rbr).map((epi): ItemNow => {
      const { file, fd } = epi.ffd;
      const linked = epi.rdllink.next !== epi.rdllink;
      return {
        id: this.idOf(epi),
        name: this.nameOf(epi),
        fd,
        file: this.idOf(file),
        fileName: this.nameOf(file),
        mask: epi.event.events,
        disarmed: (epi.event.events & ~EP_PRIVATE_BITS) === 0,
        ready: readyBits(file, task),
        signalfd: isSignalfd(file),
        on: overflow.has(epi) ? 'ovflist' : ready.has(epi) ? 'rdllist' : linked ? 'txlist' : null,
      };
    });
    const scans = ep.ovflist !== EP_UNACTIVE_PTR || items.some(({ on }) => on === 'txlist');
    return { id: this.idOf(ep), name, items, scanner: scans ? (ep.mtx.owner?.comm ?? null) : null };
  }
}

/** Calls that only wait, or look. */
const waits = ({ name }: Scope): boolean => epollWaits.has(name) || lookers.has(name);
const lookers: ReadonlySet<string> = new Set([
  'poll',
  'ppoll',
  'select',
  'pselect6',
  'futex',
  'nanosleep',
]);

const isSignalfd = ({ private_data }: file): boolean => private_data instanceof signalfd_ctx;

const isAlive = ({ __state }: task_struct): boolean => __state !== TASK_DEAD;

const keyOf = ({ irq, task }: Occasion): string =>
  irq === null ? `${task.pid}` : `irq ${task.pid}`;

/** The wakeup that the nearest function was called by. */
function callerOf(scope: Scope | null): Happening | null {
  for (let at = scope; at !== null; at = at.parent) {
    if (at.wake !== null) return at.wake;
    if (at.caller !== null) return at.caller;
  }
  return null;
}

/** The functions that lead from a call or an interrupt to where something happened, outermost first. */
export function pathTo(scope: Scope | null): Scope[] {
  const path: Scope[] = [];
  for (let at = scope; at !== null; at = at.parent) path.unshift(at);
  return path;
}

/** The call or the interrupt in which something happened. */
export function rootOf(scope: Scope | null): Scope | null {
  let root = scope;
  while (root !== null && root.parent !== null) root = root.parent;
  return root;
}

/** Did it happen in that function, or in one that this called? */
export const isWithin = (scope: Scope | null, outer: Scope | null): boolean =>
  outer !== null && pathTo(scope).includes(outer);

/** The last one that fits. */
export const lastOf = <T>(list: readonly T[], fits: (one: T) => boolean): T | undefined =>
  list.filter(fits).at(-1);
