/**
 * The kernel underneath, as a side of a comparison: plays scenarios, in a player that is started
 * when it is first needed and again when it is lost.
 */

import { AF_UNIX } from '../../src/kernel/uapi/socket.ts';
import { ScenarioError } from '../../src/scenario/errors.ts';
import { forkedThreads } from '../../src/scenario/processes.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { outcomeSetText, transcriptText } from '../../src/scenario/transcript.ts';
import { Unavailable } from './compiler.ts';
import { playConcurrently } from './concurrent.ts';
import { LinuxProcess, PlayerLost } from './process.ts';
import { Hung, Late, Session } from './session.ts';

/** What playing a scenario on the kernel came to. */
export type Answer =
  | { readonly kind: 'transcript'; readonly text: string }
  /** It cannot be played here; why. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** It was ended; where it hung. */
  | { readonly kind: 'hung'; readonly reason: string };

const attemptsInTime = 8;

export class Linux {
  private process: LinuxProcess | null = null;

  /** Throws `Unavailable` where nothing can be played at all. */
  open(): void {
    this.process ??= new LinuxProcess();
  }

  close(): void {
    this.process?.close();
    this.process = null;
  }

  /** Plays a scenario in lockstep. One that hangs gets a second chance: the machine may be busy. */
  play(scenario: Scenario): Answer {
    return this.attempt(scenario, (process) => ({
      kind: 'transcript',
      text: transcriptText(new Session(process, scenario).play()),
    }));
  }

  /**
   * Plays a concurrent scenario many times; what is seen is a part of what can happen.
   * `random` gives a number from 0 to 1.
   */
  sample(scenario: Scenario, times: number, random: () => number): Answer {
    const outcomes = new Set<string>();
    const { name } = scenario;
    for (let i = 0; i < times; i++) {
      const answer = this.attempt(scenario, (process) => ({
        kind: 'transcript',
        text: playConcurrently(process, scenario, () => delayOf(random)),
      }));
      if (answer.kind !== 'transcript') return answer;
      if (answer.text.startsWith('{"name"')) return answer; // An error of the scenario.
      outcomes.add(answer.text);
    }
    const set = { name, outcomes, executions: times, complete: false };
    return { kind: 'transcript', text: outcomeSetText(set) };
  }

  private attempt(scenario: Scenario, play: (process: LinuxProcess) => Answer): Answer {
    let hung = 0;
    for (let late = 0; late < attemptsInTime; ) {
      try {
        return this.once(scenario, play);
      } catch (error) {
        if (error instanceof Late) {
          this.process?.end();
          late++;
          continue;
        }
        if (!(error instanceof Hung || error instanceof PlayerLost)) throw error;
        this.close();
        if (++hung > 1) return { kind: 'hung', reason: error.message };
      }
    }
    return { kind: 'skipped', reason: 'this machine is too busy to keep time' };
  }

  private once(scenario: Scenario, play: (process: LinuxProcess) => Answer): Answer {
    this.open();
    const process = this.process as LinuxProcess;
    const answer = answerOf(scenario, () => {
      process.begin({
        threads: scenario.threads.length,
        later: forkedThreads(scenario),
        network: usesNetwork(scenario),
        held: usesHeld(scenario),
      });
      return play(process);
    });
    process.end();
    return answer;
  }
}

function answerOf(scenario: Scenario, play: () => Answer): Answer {
  try {
    return play();
  } catch (error) {
    if (error instanceof Unavailable) return { kind: 'skipped', reason: error.message };
    if (!(error instanceof ScenarioError)) throw error;
    const failed = { name: scenario.name, results: [], error: error.message };
    return { kind: 'transcript', text: transcriptText(failed) };
  }
}

/** Mostly none, sometimes about as long as a call takes, now and then much longer. */
function delayOf(random: () => number): number {
  const kind = random();
  if (kind < 0.4) return 0;
  return Math.floor(random() * (kind < 0.85 ? 5_000 : 60_000));
}

const stepsOf = ({ steps, concurrent, after }: Scenario) => [
  ...steps,
  ...concurrent.flat(),
  ...after,
];

/** Sockets other than AF_UNIX ones get a network of their own, and so do abstract names. */
const usesNetwork = (scenario: Scenario): boolean =>
  stepsOf(scenario).some(
    ({ call, args }) =>
      ((call === 'socket' || call === 'socketpair') && args.domain !== AF_UNIX) ||
      (call === 'bind' && args.path?.startsWith('@') === true),
  );

const usesHeld = (scenario: Scenario): boolean =>
  stepsOf(scenario).some(({ args }) => 'buffer' in args && args.buffer === 'held');
