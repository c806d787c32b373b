/**
 * Schedules on which tests have failed, one file each, next to the test: they are run first from then
 * on. To be committed, as snapshots are.
 *
 * Invariants: a file belongs to one test, by file, suites and name; it appears as a whole or not at all,
 * so that workers and reruns do not disturb one another. Nobody imports it, so that writing it makes
 * no watcher run the test again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'vitest';

const folder = '__schedules__';

/** `new`: what failed is kept; `all`: what is of no use any more goes, too; `none`: as in CI. */
export type Update = 'new' | 'all' | 'none';

export class KeptSchedule {
  readonly path: string;
  private readonly update: Update;

  constructor(context: TestContext) {
    const { file, name } = context.task;
    this.path = join(
      dirname(file.filepath),
      folder,
      basename(file.filepath),
      `${fileNameOf([...suitesOf(context), name])}.schedule`,
    );
    this.update = updateOf(context);
  }

  /** The text; null where there is none. */
  read(): string | null {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Whether it is kept by now. Where nothing can be written, the failure goes first. */
  write(schedule: string): boolean {
    if (this.update === 'none') return false;
    try {
      if (this.read() === schedule) return true;
      mkdirSync(dirname(this.path), { recursive: true });
      const made = `${this.path}.${process.pid}-${Math.random().toString(36).slice(2)}`;
      writeFileSync(made, schedule);
      renameSync(made, this.path);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether it was deleted, which is so if vitest is to update (-u). */
  drop(): boolean {
    if (this.update !== 'all') return false;
    rmSync(this.path, { force: true });
    for (const empty of [dirname(this.path), dirname(dirname(this.path))]) {
      try {
        rmdirSync(empty);
      } catch {
        break; // Others are in it.
      }
    }
    return true;
  }
}

/** The names of the suites around the test, outermost first. */
function suitesOf({ task }: TestContext): string[] {
  const names: string[] = [];
  for (let { suite } = task; suite !== undefined; { suite } = suite) names.unshift(suite.name);
  return names;
}

const longest = 60;

/** A name for people, and a few letters by which names that look alike differ. */
function fileNameOf(names: readonly string[]): string {
  const whole = names.join(' > ');
  const words = whole
    .toLowerCase()
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .slice(0, longest)
    .replace(/^[-.]+|[-.]+$/g, '');
  const hash = createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 6);
  return words === '' ? hash : `${words}-${hash}`;
}

/** As vitest was told for snapshots; in CI nothing is written. */
function updateOf(context: TestContext): Update {
  const { snapshotState } = context.expect.getState() as object as {
    snapshotState?: { _updateSnapshot?: Update };
  };
  const update = snapshotState?._updateSnapshot ?? 'new';
  const { CI } = process.env;
  const isCi = CI !== undefined && CI !== '' && CI !== '0' && CI !== 'false';
  return isCi && update !== 'all' ? 'none' : update;
}
