/** The liberties of one machine: which can be taken now, how many were, and what is still to follow. */
import type { epitem } from '../../kernel/eventpoll/types.ts';
import { inOneGo } from '../../kernel/execute.ts';
import type { file } from '../../kernel/file.ts';
import { looksAt, newIdentity, writesTo } from '../../kernel/footprint.ts';
import type { Globals } from '../../kernel/globals.ts';
import type { Liberties, Shortfall } from '../../kernel/liberty.ts';
import type { Kernel } from '../../kernel/op.ts';
import type { Liberty, LibertyKind } from '../liberty.ts';
import { interruptions } from './eintr.ts';
import { openFiles, streamOf, wakeWatchers } from './files.ts';
import { lateTimers } from './late.ts';
import { otherOrders } from './order.ts';
import { resets, shortTransfers, transferOf, wakeups } from './streams.ts';

/** What its interrupts are called. */
export const libertyName = 'liberty';

/** How a stream is to fall short: of its next read, and of its next write. */
type Pending = [read: Shortfall | null, write: Shortfall | null];

export class LibertiesTaken implements Liberties {
  readonly kinds: ReadonlySet<LibertyKind>;
  private readonly most: number;
  private taken = 0;
  /** That there is a bound: each that is taken changes it, as it leaves fewer for the others. */
  readonly identity: number = newIdentity();
  private readonly pending: WeakMap<object, Pending> = new WeakMap();
  /** The number of the scan. */
  private readonly lastTold: WeakMap<epitem, number> = new WeakMap();

  /** At most so many, of these kinds. */
  constructor(kinds: readonly LibertyKind[], most: number) {
    this.kinds = new Set(kinds);
    this.most = most;
  }

  /** Those that can be taken now; none while one is under way. */
  offers(kernel: Globals): Liberty[] {
    if (this.taken >= this.most) return [];
    if (kernel.runqueues.some(({ irq }) => irq !== null && irq.name === libertyName)) return [];
    const { kinds } = this;
    const opened = openFiles(kernel);
    const toldAt = (epi: epitem): number => this.lastTold.get(epi) ?? 0;
    const isPending = (stream: object, writes: boolean): boolean =>
      this.pendingOf(stream, writes) !== null;
    return [
      ...(kinds.has('ready-order') ? otherOrders(opened, toldAt) : []),
      ...shortTransfers(opened, kinds, isPending, (...which) => this.shorten(...which)),
      ...(kinds.has('eintr') ? interruptions(kernel, opened) : []),
      ...(kinds.has('spurious-wakeup') ? wakeups(opened) : []),
      ...(kinds.has('late-timer') ? lateTimers(kernel) : []),
      ...(kinds.has('reset') ? resets(opened) : []),
    ];
  }

  /** Begins to take one. */
  take(liberty: Liberty): Kernel<void> {
    this.taken++;
    writesTo(this.identity);
    return inOneGo(liberty.take());
  }

  private shorten(stream: object, writes: boolean, how: Shortfall | null): void {
    writesTo(transferOf(stream as { identity: number }, writes));
    const pending = this.pending.get(stream) ?? [null, null];
    pending[writes ? 1 : 0] = how;
    this.pending.set(stream, pending);
  }

  shortfall(f: file, writes: boolean): Shortfall | null {
    const stream = streamOf(f);
    if (stream === null) return null;
    looksAt(transferOf(stream, writes));
    return this.pendingOf(stream, writes);
  }

  private pendingOf(stream: object, writes: boolean): Shortfall | null {
    return this.pending.get(stream)?.[writes ? 1 : 0] ?? null;
  }

  fallsShort(f: file, writes: boolean): void {
    const stream = streamOf(f);
    if (stream !== null) this.shorten(stream, writes, null);
  }

  restOf(f: file, writes: boolean): Kernel<void> {
    return wakeWatchers(f, writes);
  }

  told(epi: epitem): void {
    this.lastTold.set(epi, epi.ep.seq);
  }
}
