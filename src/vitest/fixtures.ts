/**
 * `test` of vitest with a machine as a fixture: a new one for each test that asks for it.
 *
 *     test('…', ({ machine }) => {
 *       machine.spawn(function* (sys) { … });
 *       machine.run();
 *       expect(machine).toHaveBlocked('main', 'epoll_wait');
 *     });
 */
import { type TestAPI, test as vitestTest } from 'vitest';
import { Machine, type MachineOptions } from '../sim/machine.ts';
import type { Report } from '../sim/report.ts';
import { Recorder } from '../trace/recorder.ts';
import { TableRows } from '../trace/table.ts';
import { appended } from './appended.ts';
import { LastRows } from './last_rows.ts';

/** What `test` hands to a test besides what vitest does. */
export interface MachineFixtures {
  /** What `machine` is built with: `test.extend({ machineOptions: { kernel: '5.10' } })`. */
  readonly machineOptions: MachineOptions;
  /** Keeps what happens on it, so that a failure can show it. */
  readonly machine: Machine;
}

/** A machine that knows what has happened on it. */
export class WatchedMachine extends Machine {
  /** Up to now, as text. */
  readonly rows: LastRows = new LastRows();

  constructor(options: MachineOptions = {}) {
    super(options);
    if (options.tracer !== undefined) return; // Then somebody else listens.
    const format = new TableRows(this.rows);
    const recorder = new Recorder((event) => format.event(event), { functions: false });
    const { kernel } = this;
    format.begin({ kind: 'program', name: null, about: '', tasks: [], kernel, recorder });
    kernel.tracer = recorder;
  }

  /** As Machine.proceed(), by which run() goes; what is thrown says what has happened until then. */
  override proceed(until: number = Number.POSITIVE_INFINITY): Report | null {
    try {
      return super.proceed(until);
    } catch (error) {
      const table = this.rows.text();
      throw table === '' ? error : appended(error, `what happened:\n\n${table}`);
    }
  }
}

/** As `test` of vitest, with `machine` and `machineOptions` to ask for. */
export const test: TestAPI<MachineFixtures> = vitestTest.extend<MachineFixtures>({
  machineOptions: {},
  machine: async ({ machineOptions }, use) => {
    await use(new WatchedMachine(machineOptions));
  },
});
