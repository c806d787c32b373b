/** Plays scenarios while a format hears of them. */

import type { MachineOptions } from '../sim/machine.ts';
import type { Format } from '../trace/format.ts';
import { Recorder } from '../trace/recorder.ts';
import { failureText } from '../trace/run.ts';
import type { ConcurrentPlayer } from './concurrent.ts';
import { Player } from './play.ts';
import type { Scenario } from './scenario.ts';
import type { Transcript } from './transcript.ts';

const recorderOf = (format: Format): Recorder => {
  const { functions = true } = format;
  return new Recorder((event) => format.event(event), { functions });
};

/** A scenario in lockstep. `textOf`: what a format is told of an error that ends it, and is thrown. */
export function playTraced(
  scenario: Scenario,
  options: MachineOptions,
  format: Format,
  textOf: (error: unknown) => string,
): Transcript {
  const recorder = recorderOf(format);
  const mark = (index: number, thread: number, settled: boolean): void =>
    recorder.step(player.thread(thread).task, index, settled);
  const player = new Player(
    scenario,
    { ...options, tracer: recorder },
    {
      issue: ({ index, thread }) => mark(index, thread, false),
      settled: ({ index, thread }) => mark(index, thread, true),
    },
  );
  const { kernel } = player.machine;
  const tasks = player.running().map(({ task }) => recorder.refOf(task));
  const { name, about } = scenario;
  format.begin({ kind: 'scenario', name, about, tasks, kernel, recorder });
  try {
    const transcript = player.play();
    format.end({ blocked: transcript.blocked ?? [], error: transcript.error ?? null });
    return transcript;
  } catch (thrown) {
    format.end({ blocked: [], error: textOf(thrown) });
    throw thrown;
  }
}

/** One execution of a concurrent scenario. */
export function runTraced(
  player: ConcurrentPlayer,
  { about, name }: Scenario,
  format: Format,
): ReturnType<ConcurrentPlayer['run']> {
  const recorder = recorderOf(format);
  const { kernel } = player.machine;
  const tasks = player.tasks.map((task) => recorder.refOf(task));
  format.begin({ kind: 'concurrent scenario', name, about, tasks, kernel, recorder });
  kernel.tracer = recorder;
  let error: string | null = null;
  try {
    const played = player.run();
    error = played.error?.message ?? null;
    return played;
  } catch (thrown) {
    error = failureText(thrown);
    throw thrown;
  } finally {
    format.end({ blocked: player.blocked, error });
  }
}
