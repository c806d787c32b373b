/**
 * Measures the same work on the model and on the running kernel, in turn, so that what else the
 * computer does hits both.
 */
import { type How, missing, type Row, type RowName, titleOf } from './row.ts';
import { type Played, Side, Unavailable } from './side.ts';
import { summarise } from './statistics.ts';

/** A row, and what of the work it is. */
export interface Compared extends RowName {
  readonly which: number;
  /** What the nanoseconds are for: a round, or each event of it. */
  readonly per: 'round' | 'event';
}

/**
 * How often both sides play, and how long each time, in ms; and for how long before that nothing gets
 * faster any more, and how long that may take altogether: compiling may have to wait for a busy CPU.
 */
const effort = {
  full: { repeats: 31, each: 10, settled: 500, patience: 6000 },
  quick: { repeats: 9, each: 5, settled: 100, patience: 2000 },
};
type Effort = (typeof effort)['full'];

/** The rows of one set-up. */
export async function* compare(
  work: readonly string[],
  rows: readonly Compared[],
  how: How,
): AsyncGenerator<Row> {
  const { linux, signal } = how;
  const model = await started(Side.model(work, signal));
  const kernel = 'why' in linux ? linux : await started(Side.linux(linux.program, work, signal));
  try {
    for (const row of rows) yield await measure(row, model, kernel, how);
  } finally {
    if (model instanceof Side) model.end();
    if (kernel instanceof Side) kernel.end();
  }
}

type Absent = { readonly why: string };

async function started(side: Promise<Side>): Promise<Side | Absent> {
  try {
    return await side;
  } catch (error) {
    if (error instanceof Unavailable) return { why: error.message };
    throw error;
  }
}

/** What is measured of one side. */
interface Lane {
  readonly side: Side;
  readonly ns: number[];
  rounds: number;
  eventsEach: number;
}

const laneOf = (side: Side | Absent): Lane | null =>
  side instanceof Side ? { side, ns: [], rounds: 1, eventsEach: 0 } : null;

async function measure(
  { which, per, ...name }: Compared,
  model: Side | Absent,
  linux: Side | Absent,
  { quick }: How,
): Promise<Row> {
  const { repeats, ...pace } = quick ? effort.quick : effort.full;
  const [ours, theirs] = [laneOf(model), laneOf(linux)];
  const lanes = [ours, theirs].filter((lane) => lane !== null);
  for (const lane of lanes) {
    lane.rounds = await warmUp(lane.side, which, pace);
  }
  for (let i = 0; i < repeats; i++) {
    for (const lane of lanes) {
      const { events, ns } = await lane.side.play(lane.rounds, which);
      lane.eventsEach = events / lane.rounds;
      lane.ns.push(ns / (per === 'round' ? lane.rounds : events));
    }
    lanes.reverse();
  }
  if (ours !== null && theirs !== null && ours.eventsEach !== theirs.eventsEach) {
    throw new Error(
      `${titleOf(name)}: expected the same work, found ${ours.eventsEach} events a round on the ` +
        `model, ${theirs.eventsEach} on Linux`,
    );
  }
  const why = [model, linux].flatMap((side) => (side instanceof Side ? [] : [side.why]));
  return rowOf(name, ours?.ns, theirs?.ns, why.join('; '));
}

/** Plays until it gets no faster; how many rounds take as long as one measurement is to take. */
async function warmUp(
  side: Side,
  which: number,
  { each, settled, patience }: Omit<Effort, 'repeats'>,
): Promise<number> {
  let rounds = 1;
  let best = Number.POSITIVE_INFINITY;
  for (let spent = 0, gained = 0; ; ) {
    const { ns }: Played = await side.play(rounds, which);
    spent += ns / 1e6;
    if (ns / rounds < 0.97 * best) {
      best = ns / rounds;
      gained = spent;
    }
    rounds = Math.max(1, Math.min(Math.round((each * 1e6) / best), rounds * 10));
    if (spent - gained >= settled || spent >= patience) return rounds;
  }
}

function rowOf(
  name: RowName,
  model: readonly number[] | undefined,
  linux: readonly number[] | undefined,
  why: string,
): Row {
  const [ours, theirs] = [model, linux].map((ns) => (ns === undefined ? null : summarise(ns)));
  const row: Row = {
    ...missing(name, why),
    ...(ours && { model_ns: ours.median, model_spread: ours.spread }),
    ...(theirs && { linux_ns: theirs.median, linux_spread: theirs.spread }),
  };
  if (!ours || !theirs) return row;
  const { why: _, ...whole } = row;
  return { ...whole, ratio: ours.median / theirs.median };
}
