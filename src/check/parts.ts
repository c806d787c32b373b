/**
 * The parts of an exhaustive check: which are waiting, which are being explored, and what the
 * exploration of one asks of the nodes that lead to it.
 *
 * Whoever explores takes a part, and hands back what is left of it, in parts, and its requests. All
 * is plain data, so that threads and machines can share the work, and what waits is a checkpoint.
 *
 * Invariants: a node that can still want something belongs to one part; `idle` ones are done, and
 * are kept because parts below them may yet ask for more.
 */
import type { Left, NodeData, Part } from './dpor.ts';
import type { ContextId } from './order.ts';

interface Owned {
  part: Part;
  state: 'waiting' | 'running' | 'idle';
  /** Requests that came while it was explored. */
  readonly asked: Set<ContextId>;
}

/** Which node a path leads to. */
const keyOf = (path: readonly NodeData[], depth: number): string =>
  path
    .slice(0, depth)
    .map(({ chosen }) => chosen)
    .join();

const lastOf = ({ path }: Part): NodeData => path[path.length - 1] as NodeData;

const isDone = (part: Part): boolean => {
  const { asleep, wanted } = lastOf(part);
  return wanted.every((context) => asleep.some(([sleeper]) => sleeper === context));
};

export class Parts {
  private readonly owned: Map<string, Owned> = new Map();
  private readonly waiting: string[] = [];
  private running = 0;

  /** Takes up what is to be explored. */
  add(parts: readonly Part[]): void {
    for (const part of parts) {
      const key = keyOf(part.path, part.path.length - 1);
      const known = this.owned.get(key);
      const owned: Owned = known ?? { part, state: 'idle', asked: new Set() };
      owned.part = part;
      this.owned.set(key, owned);
      this.settle(key, owned);
    }
  }

  /** A part to explore, the largest first; null if none waits. */
  take(): Part | null {
    const key = this.waiting.shift();
    if (key === undefined) return null;
    const owned = this.owned.get(key) as Owned;
    owned.state = 'running';
    this.running++;
    return owned.part;
  }

  /** What came of a part that was taken. */
  finish(part: Part, { node, rest, requests }: Left): void {
    const depth = part.path.length - 1;
    const key = keyOf(part.path, depth);
    const owned = this.owned.get(key) as Owned;
    this.running--;
    owned.state = 'idle';
    if (node !== null) owned.part = { ...part, path: [...part.path.slice(0, depth), node] };
    this.settle(key, owned);
    this.add(rest.filter(({ path }) => path.length > depth + 1)); // The part itself is `node`.
    for (const { depth: at, context } of requests) this.request(part, at, context);
  }

  private request(part: Part, depth: number, context: ContextId): void {
    const key = keyOf(part.path, depth);
    let owned = this.owned.get(key);
    if (owned === undefined) {
      const path = part.path.slice(0, depth + 1);
      owned = {
        part: { path, touches: part.touches.slice(0, depth) },
        state: 'idle',
        asked: new Set(),
      };
      this.owned.set(key, owned);
    }
    owned.asked.add(context);
    if (owned.state !== 'running') this.settle(key, owned);
  }

  /** Gives a part what was asked of it; it waits if there is something to do. */
  private settle(key: string, owned: Owned): void {
    if (owned.asked.size > 0) {
      owned.part = wanting(owned.part, owned.asked);
      owned.asked.clear();
    }
    if (owned.state === 'waiting' || isDone(owned.part)) return;
    owned.state = 'waiting';
    const depth = owned.part.path.length;
    const place = this.waiting.findIndex(
      (other) => (this.owned.get(other) as Owned).part.path.length > depth,
    );
    if (place < 0) this.waiting.push(key);
    else this.waiting.splice(place, 0, key);
  }

  /** Which share of all executions is done, as far as the parts show that are known. */
  get share(): number {
    let left = 0;
    for (const { part, state } of this.owned.values()) if (state !== 'idle') left += sizeOf(part);
    return Math.max(0, 1 - left);
  }

  get isDone(): boolean {
    return this.running === 0 && this.waiting.length === 0;
  }

  /** Everything, as plain data; what is being explored counts as waiting. */
  toData(): readonly Part[] {
    return [...this.owned.values()].map(({ part, asked }) => wanting(part, asked));
  }
}

/** Which share of all executions is left in the part, if all choices at a node lead to as many. */
function sizeOf(part: Part): number {
  let size = 1;
  for (const { wanted } of part.path) size /= wanted.length;
  const { asleep, wanted } = lastOf(part);
  const done = new Set(asleep.map(([context]) => context));
  return size * wanted.filter((context) => !done.has(context)).length;
}

/** The part with some more that is wanted at its last node. */
function wanting(part: Part, asked: ReadonlySet<ContextId>): Part {
  const last = lastOf(part);
  const wanted = [...new Set([...last.wanted, ...asked])];
  return { ...part, path: [...part.path.slice(0, -1), { ...last, wanted }] };
}
