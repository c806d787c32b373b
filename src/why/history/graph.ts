/** What happens as a graph: calls and interrupts, the functions in them, and what happened there. */
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import { rbNodes } from '../../kernel/rbtree.ts';
import { epollWaits } from '../../trace/calls/kinds.ts';
import type {
  CallEvent,
  Occasion,
  ReturnEvent,
  SentEvent,
  TraceEvent,
} from '../../trace/events.ts';
import { filesOf } from '../../trace/views/files.ts';
import { askedIn } from '../asks.ts';
import type { Call, FileRef, Happening, Placed, Scope, Sent } from './happening.ts';
import type { Objects } from './objects.ts';

export class Graph {
  readonly calls: Call[] = [];
  readonly happenings: Happening[] = [];
  readonly signals: Sent[] = [];

  private readonly objects: Objects;
  private readonly step: number | null;
  /** What is under way, outermost first: of each task, and of the interrupts on top of it. */
  private readonly stacks: Map<string, Scope[]> = new Map();
  private readonly byObject: Map<number, Happening[]> = new Map();
  private lastActor: Scope | null = null;

  /** `step`: the one that is asked for, if one is. */
  constructor(objects: Objects, step: number | null) {
    this.objects = objects;
    this.step = step;
  }

  /** All that happened to an object, in the order of time. */
  of(object: number): readonly Happening[] {
    return this.byObject.get(object) ?? [];
  }

  /** Who may have changed files since this was last asked: an interrupt, the call of the task, or the last to end. */
  takeActor(pid: number): Scope | null {
    const own = this.stacks.get(`${pid}`)?.find((scope) => scope.kind === 'call');
    const by = this.lastActor?.kind === 'irq' ? this.lastActor : (own ?? this.lastActor);
    this.lastActor = null;
    return by;
  }

  /** The calls that tasks are in the middle of. */
  underWay(): Scope[] {
    return [...this.stacks].flatMap(([key, [outermost]]) =>
      key.startsWith('irq') || outermost?.kind !== 'call' ? [] : [outermost],
    );
  }

  /** Takes one event of the trace in. */
  note(event: TraceEvent, placed: Placed): void {
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
    const f = this.objects.fileOf(event, event.args[0]);
    const target = event.name === 'epoll_ctl' ? this.objects.fileOf(event, event.args[2]) : null;
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
      file: f === null ? null : this.objects.idOf(f),
      fileName: f === null ? null : this.objects.nameOf(f),
      target: target === null ? null : this.objects.idOf(target),
      asks: this.asksOf(event),
      ep: private_data instanceof eventpoll ? this.objects.idOf(private_data) : null,
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
      const f = this.objects.fileOf(event, ffd.fd);
      if (f !== null) found.set(ffd.fd, { id: this.objects.idOf(f), name: this.objects.nameOf(f) });
    }
    return found;
  }

  private asksOf(event: CallEvent): Call['asks'] {
    return askedIn(event).flatMap((asked) => {
      const file = this.objects.fileOf(event, asked.fd);
      return file === null
        ? []
        : [{ ...asked, file: this.objects.idOf(file), name: this.objects.nameOf(file) }];
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
    for (const { file } of filesOf(this.objects.kernel)) {
      const { private_data } = file;
      if (!(private_data instanceof eventpoll)) continue;
      if (this.objects.nameOf(private_data.mtx) !== target) continue;
      const holder = private_data.mtx.owner?.comm ?? 'somebody';
      this.happened(event, placed, 'waits', `${target}, which ${holder} holds`, 0, 0);
    }
  }
}

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
