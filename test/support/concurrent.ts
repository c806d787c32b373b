/** Concurrent scenarios as something to run: the steps in lockstep, then all threads at once. */
import type { Subject } from '../../src/check/explore.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import type { Outcome } from '../../src/scenario/outcome.ts';
import { performStep } from '../../src/scenario/perform.ts';
import { Player } from '../../src/scenario/play.ts';
import type { Scenario, Step } from '../../src/scenario/scenario.ts';

type Thread = Player['threads'][number] & object;

/** What a player does with a result, to bind descriptors. */
interface Binder {
  finish(thread: Thread, step: Step, outcome: Outcome): unknown;
}

export const concurrently =
  (scenario: Scenario): Subject<void> =>
  (schedule) => {
    const player = new Player(scenario, { schedule, cpus: 1 });
    const run = (): void => {
      player.play();
      for (const [i, steps] of scenario.concurrent.entries()) {
        const thread = player.threads[i];
        if (!thread || steps.length === 0) continue;
        player.machine.start(thread.task, thread.name, calls(player, thread, steps));
      }
      player.machine.run();
    };
    return { machine: player.machine, run };
  };

function* calls(player: Player, thread: Thread, steps: readonly Step[]): Kernel<void> {
  for (const step of steps) {
    const outcome = yield* performStep(step, thread);
    (player as unknown as Binder).finish(thread, step, outcome);
  }
}
