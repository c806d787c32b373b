/** What is known of a scenario while its steps are written as C. */
import type { Fd, FdRef, Scenario, Step } from '../../scenario/scenario.ts';
import * as words from './words.ts';

/** The lines of a step: declarations before statements, a blank line between. */
export type Lines = readonly string[];

/** What a read of a descriptor brings, as runtime.c names it; null where it must be looked up. */
export type ReadKind = 'BYTES' | 'COUNTER' | 'SIGNALS' | 'EVENTS' | 'HIDDEN';

const kindsByCall: Readonly<Partial<Record<Step['call'], ReadKind>>> = {
  eventfd2: 'COUNTER',
  timerfd_create: 'COUNTER',
  signalfd4: 'SIGNALS',
  inotify_init1: 'EVENTS',
};

/** After these a number may stand for another file than the name was bound to. */
const recycling: ReadonlySet<Step['call']> = new Set<Step['call']>([
  'close',
  'dup2',
  'dup3',
  'execve',
  'recvmsg',
]);

export const allSteps = ({ steps, concurrent, after }: Scenario): Step[] => [
  ...steps,
  ...concurrent.flat(),
  ...after,
];

export class Writer {
  /** By slot. */
  readonly names: readonly string[];
  readonly threads: readonly string[];
  private readonly steps: readonly Step[];
  private readonly concurrent: boolean;
  /** Every descriptor of the scenario gives bytes. */
  private readonly bytesOnly: boolean;
  private readonly recycles: boolean;
  /** What else the program is told when it runs itself again; null where it has one scenario. */
  readonly among: string | null;

  /** `among` is the scenario's name among those of a program that has several. */
  constructor(scenario: Scenario, among: string | null = null) {
    this.among = among;
    this.names = words.identifiers(scenario.names);
    this.threads = words.identifiers(scenario.threads, 'T_');
    this.steps = allSteps(scenario);
    this.concurrent = scenario.mode === 'concurrent';
    this.recycles = this.steps.some(({ call }) => recycling.has(call));
    this.bytesOnly = !this.steps.some(
      (step) => kindsByCall[step.call] !== undefined || isRandom(step),
    );
  }

  /** A descriptor as an argument. */
  fd(fd: Fd): string {
    return typeof fd === 'number' ? words.int(fd) : `FD(${this.names[fd.slot]})`;
  }

  /** Where the descriptor of a name is kept. */
  as(ref: FdRef): string {
    return `AS(${this.names[ref.slot]})`;
  }

  thread(index: number): string {
    return this.among === null ? (this.threads[index] as string) : String(index);
  }

  /** A call that returns a descriptor. */
  opening(step: Step, call: string): Lines {
    const [ref] = step.bind;
    return ref === undefined ? [`show_ret(${call});`] : [`opened(${call}, ${this.as(ref)});`];
  }

  /** A call that stores two in `fds`. */
  openingTwo(step: Step, call: string): Lines {
    const [first, second] = step.bind;
    const shown =
      first === undefined || second === undefined
        ? `show_two(${call}, fds);`
        : `opened_two(${call}, fds, ${this.as(first)}, ${this.as(second)});`;
    return ['int fds[2];', '', shown];
  }

  /** What a read of the descriptor brings; null where that is not known before it is played. */
  readKind(fd: Fd): ReadKind | null {
    if (this.bytesOnly) return 'BYTES';
    if (typeof fd === 'number') return this.concurrent ? 'BYTES' : null;
    if (this.recycles && !this.concurrent) return null;
    const kind = this.kindOf(fd, 0);
    return kind === null && this.concurrent ? 'BYTES' : kind;
  }

  /** By the one call that binds the name, through copies. */
  private kindOf({ slot }: FdRef, depth: number): ReadKind | null {
    const binders = this.steps.filter(({ bind }) => bind.some((ref) => ref.slot === slot));
    const [binder] = binders;
    if (binder === undefined || binders.length > 1 || depth > 8) return null;
    if (isRandom(binder)) return 'HIDDEN';
    const original = binder.call === 'dup' || binder.call === 'fcntl' ? binder.args.fd : undefined;
    if (original === undefined) return kindsByCall[binder.call] ?? 'BYTES';
    return typeof original === 'number' ? null : this.kindOf(original, depth + 1);
  }
}

const isRandom = (step: Step): boolean =>
  step.call === 'open' && /^\/dev\/u?random$/.test(step.args.path);
