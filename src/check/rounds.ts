/**
 * Whether a thread makes the same calls again and again, with the same answers.
 *
 * A call that gets something done (bytes moved, a connection made, a descriptor closed) is no part of
 * such a round. Reading the ticks of a timer is: that time goes by changes nothing else.
 */
import type { task_struct } from '../kernel/sched.ts';

/** How many calls a round may have. */
export const longestRound = 16;

/** Calls that get something done if they do not fail, and if they move a byte. */
const movers: ReadonlySet<string> = new Set(
  'read readv recvfrom recvmsg write writev sendto sendmsg'.split(' '),
);
const doers: ReadonlySet<string> = new Set(['accept4', 'connect', 'close', 'fork', 'clone']);

/** Does something come of a call that returned `ret`? */
export const isProgress = (call: string, ret: number): boolean =>
  (movers.has(call) && ret > 0) || (doers.has(call) && ret >= 0);

/** The calls of one thread. */
export class Rounds {
  /** How many there were. */
  calls = 0;
  /** Equal for two threads that made the same calls and got the same answers, all along. */
  history = 0;
  /** How many equal rounds the last calls are, at least: 1 if they repeat nothing. */
  repeated = 1;
  private readonly last: number[] = [];
  /** By the length of a round: how many of the last calls are equal to the one a round before. */
  private readonly runs: number[] = new Array<number>(longestRound + 1).fill(0);

  /** Adds a call; `sign` is equal for two calls that cannot be told apart. */
  note(sign: string, progress: boolean): void {
    const { last, runs } = this;
    const hash = hashOf(sign, 0x811c9dc5);
    this.history = Math.imul(this.history ^ hash, 0x01000193) + 1;
    this.repeated = 1;
    for (let length = 1; length <= longestRound; length++) {
      const equal = !progress && last[(this.calls - length) % longestRound] === hash;
      const run = equal && length <= this.calls ? (runs[length] as number) + 1 : 0;
      runs[length] = run;
      this.repeated = Math.max(this.repeated, 1 + Math.floor(run / length));
    }
    last[this.calls++ % longestRound] = hash;
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** Nobody can go on but threads that go round for ever. */
export class NothingChanges extends Error {
  override readonly name: string = 'NothingChanges';
  /** One of them. */
  readonly task: string;

  constructor({ comm }: task_struct) {
    super(`nothing changes any more: ${comm} goes round for ever`);
    this.task = comm;
  }
}
