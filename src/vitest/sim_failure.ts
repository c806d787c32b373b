/**
 * What a failure of simTest() says besides: the table of what happened, who sleeps, why, and how to run
 * it again. For that it is run a second time, with somebody who listens.
 */
import { Stop } from '../kernel/bug.ts';
import { Machine } from '../sim/machine.ts';
import type { Pausing } from '../sim/pause.ts';
import { sleeperText } from '../sim/report.ts';
import type { TraceEvent } from '../trace/events.ts';
import type { Ending, Format, Scene } from '../trace/format.ts';
import { runningTraced } from '../trace/run.ts';
import { TableRows } from '../trace/table.ts';
import { sleepOf } from '../why/answer.ts';
import { History } from '../why/history.ts';
import { findingsText } from '../why/text.ts';
import { appended } from './appended.ts';
import { LastRows } from './last_rows.ts';
import { indented } from './matchers/state.ts';
import type { Setting } from './sim_test.ts';

/** In ms: vitest gives a test five seconds, and a failure that comes later is not told. */
const patience = 2000;

/** Telling what happened takes too long. */
class TooLong extends Stop {
  override readonly name: string = 'TooLong';
}

/** Runs the program on another machine, which `work` runs. */
type Again = (machine: Machine, work: Pausing<unknown>) => Pausing<void>;

/** The error, with all that can be found out about it. */
export function* explained(
  error: unknown,
  machine: Machine,
  setting: Setting,
  again: Again,
): Pausing<Error> {
  const asleep = machine.asleep().map((sleeper) => `${sleeperText(sleeper)}`);
  const { isCut, table, reasons } = yield* secondRun(error, setting, again);
  const extent = isCut ? `, as far as can be told in ${patience / 1000} s` : '';
  const parts = [
    table === null
      ? `${setting.name}; a second execution, to show what happened, went another way: the program depends on something outside of it`
      : `what happened, ${setting.name}${extent}:\n\n${table}`,
    ...(asleep.length === 0 ? [] : [`asleep: ${asleep.join(', ')}`]),
    ...(reasons === '' ? [] : [indented(reasons.replace(/^\n+/, ''))]),
    `to run it again: ${setting.again}`,
  ];
  return appended(error, parts.join('\n\n'));
}

interface Told {
  /** Null where it went another way. */
  readonly table: string | null;
  /** It goes on behind the table. */
  readonly isCut: boolean;
  readonly reasons: string;
}

function* secondRun(error: unknown, setting: Setting, again: Again): Pausing<Told> {
  const nothing: Told = { table: null, isCut: false, reasons: '' };
  const rows = new LastRows();
  const history = new History();
  let machine: Machine;
  try {
    machine = new Machine(setting.options());
  } catch {
    return nothing;
  }
  try {
    yield* again(machine, runningTraced(machine, inTime(both(new TableRows(rows), history))));
    setting.end();
    return nothing;
  } catch (second) {
    if (second instanceof TooLong) return { table: rows.text(), isCut: true, reasons: '' };
    if (messageOf(second) !== messageOf(error)) return nothing;
  }
  return { table: rows.text(), isCut: false, reasons: reasonsOf(machine, history) };
}

/** Why nobody has woken those who sleep; that a test fails matters more. */
function reasonsOf(machine: Machine, history: History): string {
  try {
    return findingsText(machine.asleep().flatMap(({ name }) => sleepOf(name, history)));
  } catch {
    return '';
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Ends a run that takes too long to be told of. */
function inTime(format: Format): Format {
  const end = Date.now() + patience;
  return {
    begin: (scene) => format.begin(scene),
    event: (event) => {
      if (Date.now() > end) throw new TooLong(`more than ${patience} ms`);
      format.event(event);
    },
    end: (ending) => format.end(ending),
  };
}

/** Two formats of one run. */
const both = (one: Format, other: Format): Format => ({
  begin: (scene: Scene) => {
    one.begin(scene);
    other.begin(scene);
  },
  event: (event: TraceEvent) => {
    one.event(event);
    other.event(event);
  },
  end: (ending: Ending) => {
    one.end(ending);
    other.end(ending);
  },
});
