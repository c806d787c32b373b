/**
 * Whether the system is at rest: every thread idle or asleep in the call it was told to make, no
 * packet and no segment under way. Seen several times without a change in between.
 */
import { asleep, networkOf, waiting } from './proc.ts';
import { type LinuxProcess, nap } from './process.ts';

/** Looks at the shared memory before /proc is asked; most calls have returned by then. */
const glances = 40;
/** How often a handshake that does not proceed must look the same to count as at rest. */
const waitingLooks = 30;
const napMs = 0.05;

/** A thread that has been told to make a call. */
export interface Busy {
  readonly thread: number;
  /** The call that it may be asleep in. */
  readonly nr: number;
}

const idle = 'idle';

export class Rest {
  private readonly process: LinuxProcess;
  private readonly threads: readonly Busy[];
  /** Idle threads are watched too: a signal may be on its way to one. */
  private readonly watchesIdle: boolean;
  private before = '';
  private same = 0;
  private looks = 0;

  constructor(process: LinuxProcess, threads: readonly Busy[], watchesIdle = false) {
    this.process = process;
    this.threads = threads;
    this.watchesIdle = watchesIdle;
  }

  /** Gives the calls a moment to return; ends early where they have, or the one of `issuer` has. */
  glance(issuer?: number): void {
    const { process, threads } = this;
    for (let i = 0; i < glances; i++) {
      process.look();
      if (threads.every(({ thread }) => process.returned(thread))) return;
      if (issuer !== undefined && i > 0 && process.returned(issuer)) return;
    }
  }

  /** Looks once; whether that makes it often enough. */
  isReached(): boolean {
    const { signature, waiting } = this.observe();
    this.same = signature !== '' && signature === this.before ? this.same + 1 : 0;
    if (signature === idle || this.same >= (waiting ? waitingLooks : 1)) return true;
    this.before = signature;
    if (this.looks++ > 3) nap(napMs);
    return false;
  }

  /** What the system looks like; an empty signature while something runs or is under way. */
  private observe(): { signature: string; waiting: boolean } {
    const { process } = this;
    process.look();
    let signature = idle;
    for (const { thread, nr } of this.threads) {
      if (process.returned(thread)) continue;
      if (this.watchesIdle && !process.runs(thread)) {
        signature += 'gone';
        continue;
      }
      const found = asleep(process.tid(thread), thread);
      if (found?.nr !== nr) return moving;
      signature += found.signature;
    }
    if (this.watchesIdle) {
      const idlers = this.idlers();
      if (idlers === null) return moving;
      signature += idlers;
    }
    if (!process.hasNetwork) return { signature, waiting: false };
    const network = networkOf(process.anyTid());
    if (network.moving) return moving;
    return { signature: signature + network.signature, waiting: network.waiting };
  }

  /** What the threads without a call look like; null while one of them runs. */
  private idlers(): string | null {
    const { process, threads } = this;
    let signature = '';
    for (const thread of process.begun()) {
      const isBusy = threads.some((one) => one.thread === thread && !process.returned(thread));
      if (isBusy) continue;
      const found = waiting(process.tid(thread), thread);
      if (found === null && process.runs(thread)) return null;
      signature += found ?? 'gone';
    }
    return signature;
  }
}

const moving = { signature: '', waiting: false };
