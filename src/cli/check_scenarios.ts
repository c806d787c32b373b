/** The check of concurrent scenarios from the command line: outcomes, findings, smaller scenarios. */
import type { Finding } from '../check/check.ts';
import type { Played } from '../scenario/concurrent.ts';
import { DocumentReader, type ScenarioDocument } from '../scenario/documents.ts';
import { ScenarioError } from '../scenario/errors.ts';
import { Minimising, type Smaller } from '../scenario/minimise.ts';
import { type Besides, OutcomeSearch, type Outcomes, outcomesText } from '../scenario/outcomes.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { errorTranscript, transcriptText } from '../scenario/transcript.ts';
import { type Written, writtenText } from '../scenario/written.ts';
import { ScheduleMismatch } from '../sim/schedule.ts';
import { type CheckTask, worse } from './check.ts';
import type { Crew } from './crew.ts';
import { ProgramError } from './default_export.ts';
import { nothingIn } from './documents.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { Exploration, workersAfter } from './exploration.ts';
import { coloursFor, widthOf } from './formats.ts';
import { limitText } from './limits.ts';
import { outcomeLines } from './outcomes.ts';
import { sayDepartures } from './schedules.ts';
import { tellingOf } from './standing.ts';

/** Checks each scenario of a file; `onStop` is given what stops it half way. */
export function checkScenarios(
  task: CheckTask,
  onStop: (stop: () => void) => void,
): Promise<ExitCode> {
  const check = new ScenarioCheck(task);
  onStop(() => check.stop());
  return check.run();
}

/** How long a search goes on before signals are heard. */
const turnMs = 50;

class ScenarioCheck {
  private interrupted = false;
  private readonly task: CheckTask;
  /** What is searched with the help of workers. */
  private exploration: Exploration<Played> | null = null;

  constructor(task: CheckTask) {
    this.task = task;
  }

  stop(): void {
    this.interrupted = true;
    if (this.exploration !== null) this.exploration.interrupted = true;
  }

  async run(): Promise<ExitCode> {
    const { input } = this.task;
    const reader = new DocumentReader();
    let code: ExitCode = exitCodes.done;
    let count = 0;
    for (;;) {
      const chunk = this.interrupted ? null : await input.nextSoon();
      if (this.interrupted) return code;
      for (const document of chunk === null ? reader.end() : reader.push(chunk)) {
        if (this.interrupted) return code;
        count++;
        code = worse(code, await this.document(document));
      }
      if (chunk === null) break;
    }
    if (count === 0) throw new FileError(nothingIn(input.name));
    return code;
  }

  private async document({ line, ...document }: ScenarioDocument): Promise<ExitCode> {
    const { scenario } = document;
    const name = scenario === undefined ? document.name : scenario.name;
    const place = `${this.task.input.name}:${line}: ${name ?? 'a scenario'}`;
    if (scenario === undefined) return this.fail(place, name, document.error);
    if (scenario.mode !== 'concurrent') {
      const found = 'expected a concurrent scenario, found one in lockstep';
      return this.fail(place, name, new Error(found));
    }
    if (this.task.request.liberties !== undefined) {
      return this.fail(place, name, new Error('--liberties: expected a program, found a scenario'));
    }
    try {
      return await this.scenario(scenario, document.value as Written, place);
    } catch (error) {
      if (!(error instanceof ScheduleMismatch || error instanceof ProgramError)) throw error;
      return this.fail(place, name, error);
    } finally {
      this.task.progress.clear();
    }
  }

  private async scenario(scenario: Scenario, written: Written, place: string): Promise<ExitCode> {
    const { request } = this.task;
    const began = performance.now();
    const title = scenario.name ?? 'a scenario';
    const search = new OutcomeSearch(scenario, request);
    await this.withWorkers(search, written, title);
    await this.inTurns(search, (rate) => {
      const { distinct, executions } = search;
      return `${title}: ${executions} executions, ${rate} a second, ${distinct} outcomes`;
    });
    if (search.error !== null) return this.fail(place, scenario.name, search.error);
    const outcomes = search.outcomes();
    const smaller = new Map<Finding, Smaller>();
    for (const finding of outcomes.findings) {
      const one = await this.smaller(written, finding, title, began);
      if (one !== null) smaller.set(finding, one);
    }
    const schedules = this.schedules(search, outcomes);
    await this.show(written, search, outcomes, { schedules, smaller });
    sayDepartures(search.departures);
    if (outcomes.findings.length > 0) return exitCodes.failed;
    return outcomes.complete ? exitCodes.done : exitCodes.incomplete;
  }

  /** Has workers help with the search, if there is a queue. */
  private async withWorkers(
    search: OutcomeSearch,
    scenario: Written,
    title: string,
  ): Promise<void> {
    const { link, progress } = this.task;
    if (link === null) return;
    const { QueueCrew } = await import('./queue/queue_crew.ts');
    const { task } = search;
    const open = (): Promise<Crew> =>
      QueueCrew.open(link, { kind: 'scenario', scenario }, task.options);
    const help = { isWanted: true, after: workersAfter, open };
    const exploration = new Exploration(task, help, tellingOf(title, progress));
    this.exploration = exploration;
    try {
      await exploration.run();
      search.takeOver(exploration);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      search.error = error;
    } finally {
      this.exploration = null;
    }
  }

  /** In turns, so that Ctrl-C is heard; until `end` at most. */
  private async inTurns(
    search: { next(): boolean; readonly executions: number },
    standing: (rate: number) => string,
    end: number = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const began = performance.now();
    for (let more = true; more && !this.interrupted && performance.now() < end; ) {
      const pause = performance.now() + turnMs;
      while (more && performance.now() < pause) more = search.next();
      const rate = Math.round((search.executions * 1000) / (performance.now() - began));
      this.task.progress.show(() => standing(rate));
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.task.progress.clear();
  }

  /** A smaller scenario in which the same is found, as far as there is time; null for none. */
  private async smaller(
    written: Written,
    finding: Finding,
    title: string,
    began: number,
  ): Promise<Smaller | null> {
    const { request } = this.task;
    const { minimise: budget, seconds, strategy } = request;
    if (budget === 0 || strategy === 'replay') return null;
    const search = new Minimising(written, finding, { ...request, budget });
    const end = seconds === undefined ? Number.POSITIVE_INFINITY : began + seconds * 1000;
    await this.inTurns(
      search,
      (rate) => {
        const { calls, executions } = search;
        const far = calls === null ? 'none found yet' : `${calls} calls are left`;
        return `${title}: looking for a smaller one: ${executions} executions, ${rate} a second, ${far}`;
      },
      end,
    );
    const limit =
      performance.now() < end
        ? search.limit
        : `${seconds} s are over and smaller ones are left to try: raise --time-limit`;
    if (limit !== null && !this.interrupted) {
      say(`${title}: ${finding.kind} in a smaller scenario: ${limit}`);
    }
    return search.result();
  }

  /** Those that were asked for. */
  private schedules(search: OutcomeSearch, { found }: Outcomes): string[] {
    return found.slice(0, this.task.request.shown).map((outcome) => search.scheduleOf(outcome));
  }

  private fail(place: string, name: string | null, error: Error): ExitCode {
    const { output, request } = this.task;
    say(`${place}: ${error.message}`);
    if (request.json) output.write(`${transcriptText(errorTranscript(name, error))}\n`);
    return exitCodes.failed;
  }

  private async show(
    written: Written,
    search: OutcomeSearch,
    outcomes: Outcomes,
    besides: Besides,
  ): Promise<void> {
    const { kept, output, request } = this.task;
    if (request.json) output.write(`${outcomesText(outcomes, besides)}\n`);
    else {
      const colours = await coloursFor(output);
      const lines = outcomeLines(search, outcomes, colours, widthOf(output), besides);
      for (const line of lines) output.write(`${line}\n`);
    }
    output.flush();
    for (const finding of outcomes.findings) {
      kept?.write(writtenText(besides.smaller?.get(finding)?.document ?? written));
    }
    kept?.flush();
    if (request.json && outcomes.limit !== null)
      say(`${outcomes.name}: ${limitText(outcomes.limit)}`);
  }
}
