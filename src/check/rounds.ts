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
  private readonly runs: number[] = [0];

  /** Adds a call; `hash` is equal for two calls that cannot be told apart. */
  note(hash: number, progress: boolean): void {
    const { last, runs } = this;
    this.history = Math.imul(this.history ^ hash, 0x01000193) + 1;
    this.repeated = 1;
    const longest = Math.min(longestRound, this.calls);
    while (runs.length <= longest) runs.push(0);
    for (let length = 1; length <= longest; length++) {
      const equal = !progress && last[(this.calls - length) % longestRound] === hash;
      const run = equal ? (runs[length] as number) + 1 : 0;
      runs[length] = run;
      this.repeated = Math.max(this.repeated, 1 + Math.floor(run / length));
    }
    last[this.calls++ % longestRound] = hash;
  }
}

/** What a hash begins with. */
export const noHash: number = 0x811c9dc5 | 0;

/** FNV-1a, 32 bits. */
export function hashText(hash: number, text: string): number {
  let sum = hash;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum;
}

/** As hashText(), of an integer. */
export const hashNumber = (hash: number, value: number): number =>
  Math.imul(Math.imul(hash ^ value, 0x01000193) ^ (value / 2 ** 32), 0x01000193);

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
