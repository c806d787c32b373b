/** Which descriptors the names of a scenario stand for, while it is played. */
import { notBound, type Place } from '../../src/scenario/errors.ts';
import type { Fd, FdRef, Scenario, Step } from '../../src/scenario/scenario.ts';
import { Unavailable } from './compiler.ts';
import type { RawCall } from './encode.ts';
import * as layout from './layout.ts';
import type { LinuxProcess } from './process.ts';

export class Names {
  private readonly fds: (number | undefined)[];

  constructor(scenario: Scenario) {
    this.fds = scenario.names.map(() => undefined);
  }

  resolve(fd: Fd, at: Place): number {
    if (typeof fd === 'number') {
      if (fd < layout.goFd || fd > layout.lastFd) return fd;
      throw new Unavailable(`descriptor ${fd} is one of the player's own`);
    }
    const bound = this.fds[fd.slot];
    if (bound === undefined) throw notBound(at, fd.ref);
    return bound;
  }

  isBound({ slot }: FdRef): boolean {
    return this.fds[slot] !== undefined;
  }

  /** Binds the names of a step whose call has succeeded. */
  bind(step: Step, raw: RawCall, ret: number, process: LinuxProcess): void {
    const fds = openedBy(raw, ret, process);
    for (const [i, ref] of step.bind.entries()) this.fds[ref.slot] = fds[i];
  }
}

function openedBy({ opens }: RawCall, ret: number, process: LinuxProcess): number[] {
  if (opens === undefined) return [];
  if (opens === 'result') return [ret];
  if (typeof opens === 'function') return [...opens()];
  const bytes = process.peek(opens.pairAt, 8);
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}
