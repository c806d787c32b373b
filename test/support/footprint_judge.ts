/**
 * Judges what the kernel says that its steps touch (src/kernel/footprint.ts) by what they do touch.
 *
 * Two steps that touch the same memory, one of them writing, must be in an order that follows from
 * what is declared. Where they are not, the checker believes that it may exchange them, and whatever
 * hangs on their order stays unseen.
 */
import { explore, type Subject } from '../../src/check/explore.ts';
import { type ContextId, isBefore, Order, type Taken } from '../../src/check/order.ts';
import { type Choosing, Once } from '../../src/check/strategy.ts';
import type { Touch } from '../../src/kernel/footprint.ts';
import type { Execution, Op } from '../../src/kernel/op.ts';
import type { rq } from '../../src/kernel/sched.ts';
import { Machine, type MachineOptions } from '../../src/sim/machine.ts';
import type { Report } from '../../src/sim/report.ts';
import { Random } from '../../src/sim/schedule.ts';
import type { Program } from '../../src/syscalls/sys.ts';
import { type Access, homeOf, isContainer, listen, type Site, WHOLE } from './accesses.ts';

/** Two places in the sources that touch the same thing, in no declared order. */
export interface Finding {
  /** `class.property`. */
  readonly what: string;
  /** As `write function (src/file.ts:12) in spin_lock ep->lock`. */
  readonly pair: readonly [string, string];
  count: number;
}

/** What may be touched without a word. */
export interface Exemption {
  /** `class.property`. */
  readonly what: RegExp;
  /** Only in one of these functions. */
  readonly fn?: RegExp;
  /** Only some accesses, of a step that has carried out `op`. */
  readonly when?: (access: Access, op: Op | null) => boolean;
  /** The write counts as a look. */
  readonly looks?: boolean;
  readonly why: string;
}

/** Who has touched a place last, by lane. */
class Place {
  readonly reads: Map<number, Touched> = new Map();
  readonly writes: Map<number, Touched> = new Map();
}

interface Touched {
  readonly site: Site;
  readonly step: Taken;
  readonly op: string;
}

/** What a machine lets the judge see: its step is one call. */
interface Innards {
  go(choice: { readonly queue: rq; readonly execution: Execution }): void;
}

/** The first read and the first write of a place in one step, and what was there before. */
interface Seen {
  read: Site | null;
  write: Site | null;
  was?: unknown;
}

const at = (object: object, key: unknown): unknown =>
  (object as Record<PropertyKey, unknown>)[key as PropertyKey];

/** Goes through one execution by chance. */
class Hearing extends Once {
  private readonly judge: Judge;
  private readonly random: Random;
  private readonly order: Order = new Order();
  private readonly places: Map<object, Map<unknown, Place>> = new Map();
  private accesses: Map<object, Map<unknown, Seen>> = new Map();
  private op = '';

  constructor(judge: Judge, seed: number) {
    super();
    this.judge = judge;
    this.random = new Random(seed);
  }

  choose({ possible }: Choosing): ContextId | null {
    return possible[this.random.below(possible.length)] ?? null;
  }

  waits(): void {}

  /** Listens while the machine takes a step. */
  attend(machine: Machine): void {
    const innards = machine as unknown as Innards;
    const go = innards.go.bind(innards);
    innards.go = (choice) => {
      const { op } = choice.execution;
      this.op = op === null ? 'start' : `${op.verb} ${op.target.name}`;
      this.accesses = new Map();
      listen((access, site) => {
        const exemption = this.judge.exempts(access, site, op);
        if (exemption === null) this.note(access, site);
        else if (exemption.looks === true) this.note({ ...access, write: false }, site);
      });
      try {
        go(choice);
      } finally {
        listen(null);
        this.dropUndone();
      }
    };
  }

  /** What is as it was before the step was only looked at, for all that others can tell. */
  private dropUndone(): void {
    for (const [object, keys] of this.accesses) {
      for (const [key, seen] of keys) {
        if (seen.write === null || typeof key !== 'string' || isContainer(object)) continue;
        if (!Object.is(seen.was, at(object, key))) continue;
        seen.read ??= seen.write;
        seen.write = null;
      }
    }
  }

  private note({ object, key, write }: Access, site: Site): void {
    const keys = getOrMake(this.accesses, object, () => new Map<unknown, Seen>());
    const seen = getOrMake(keys, key, (): Seen => ({ read: null, write: null }));
    if (!write) seen.read ??= site;
    else if (seen.write === null) {
      seen.write = site;
      seen.was = at(object, key);
    }
  }

  taken(context: ContextId, touches: readonly Touch[], enabler: number | null): void {
    const step = this.order.append(context, touches, enabler, null);
    this.judge.steps++;
    for (const [object, keys] of this.accesses) {
      const known = getOrMake(this.places, object, () => new Map<unknown, Place>());
      for (const [key, seen] of keys) this.compare(step, object, key, seen, known);
      for (const [key, seen] of keys)
        this.remember(
          step,
          getOrMake(known, key, () => new Place()),
          seen,
        );
    }
    this.accesses = new Map();
  }

  private remember(step: Taken, place: Place, { read, write }: Seen): void {
    const { op } = this;
    if (read !== null) place.reads.set(step.lane, { site: read, step, op });
    if (write !== null) place.writes.set(step.lane, { site: write, step, op });
  }

  /** Looks for earlier steps that conflict and are in no order with this one. */
  private compare(
    step: Taken,
    object: object,
    key: unknown,
    { read, write }: Seen,
    known: Map<unknown, Place>,
  ): void {
    const site = (write ?? read) as Site;
    const now = side(site, write !== null, this.op);
    const keys = key === WHOLE ? [...known.keys()] : [key, WHOLE];
    for (const other of keys) {
      const place = known.get(other);
      if (place === undefined) continue;
      const name = nameOf(object, other === WHOLE ? key : other, site);
      for (const touched of place.writes.values()) this.report(step, touched, true, name, now);
      if (write === null) continue;
      for (const touched of place.reads.values()) this.report(step, touched, false, name, now);
    }
  }

  private report(step: Taken, earlier: Touched, wrote: boolean, what: string, now: string): void {
    if (earlier.step.lane === step.lane || isBefore(earlier.step, step.clock)) return;
    this.judge.found(what, side(earlier.site, wrote, earlier.op), now);
  }
}

export class Judge {
  readonly findings: Map<string, Finding> = new Map();
  steps = 0;
  private readonly exemptions: readonly Exemption[];

  constructor(exemptions: readonly Exemption[]) {
    this.exemptions = exemptions;
  }

  /** Runs something to its end; contexts take turns as the seed says. */
  run(subject: Subject<unknown>, seed: number): void {
    const hearing = new Hearing(this, seed);
    const heard: Subject<unknown> = (schedule) => {
      const trial = subject(schedule);
      hearing.attend(trial.machine);
      return trial;
    };
    for (const { error, extent } of explore(heard, hearing, { sharedMemory: false })) {
      if (error !== null && extent !== 'redundant') throw error;
    }
  }

  /** The same for a program, on a machine of its own. */
  runProgram(program: Program, seed: number, options: MachineOptions = {}): void {
    const onMachine: Subject<Report> = (schedule) => {
      const machine = new Machine({ ...options, cpus: 1, schedule });
      machine.spawn(program);
      return { machine, run: () => machine.run() };
    };
    this.run(onMachine, seed);
  }

  exempts(access: Access, site: Site, op: Op | null): Exemption | null {
    const what = nameOf(access.object, access.key, site);
    const found = this.exemptions.find(
      (one) =>
        one.what.test(what) && one.fn?.test(site.fn) !== false && one.when?.(access, op) !== false,
    );
    return found ?? null;
  }

  found(what: string, one: string, other: string): void {
    const pair = [one, other].sort() as [string, string];
    const finding = getOrMake(this.findings, [what, ...pair].join('|'), () => ({
      what,
      pair,
      count: 0,
    }));
    finding.count++;
  }

  /** All findings, those of one thing together, the most frequent first. */
  report(pairs = Number.POSITIVE_INFINITY): string[] {
    const groups = new Map<string, Finding[]>();
    for (const one of this.findings.values()) getOrMake(groups, one.what, () => []).push(one);
    const counted = [...groups].map(([what, found]) => ({ what, found, count: sum(found) }));
    counted.sort((a, b) => b.count - a.count);
    return counted.map(({ what, found, count }) => {
      found.sort((a, b) => b.count - a.count);
      const lines = found
        .slice(0, pairs)
        .map(({ pair, count }) => `  ${count}: ${pair[0]}\n    ${pair[1]}`);
      return [`${what}: ${count}`, ...lines].join('\n');
    });
  }
}

const sum = (findings: readonly Finding[]): number =>
  findings.reduce((total, { count }) => total + count, 0);

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const side = ({ fn, at }: Site, write: boolean, op: string): string =>
  `${write ? 'write' : 'read'} ${fn} (${at}) in ${op}`;

/** `class.property` of what is accessed, or where the container is kept. */
function nameOf(object: object, key: unknown, site: Site): string {
  const home = homeOf(object);
  if (home !== undefined) return `${home}[]`;
  const { name } = object.constructor ?? Object;
  if (name === 'Object' || Array.isArray(object) || typeof key !== 'string') {
    return site.what.endsWith('.') ? site.what + String(key) : site.what;
  }
  return `${name}.${key}`;
}
