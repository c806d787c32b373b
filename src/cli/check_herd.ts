/** `epollsim check FILE --herd`: who is woken for nothing, as it is written and arranged otherwise. */
import type { HerdStudy } from '../check/herd/study.ts';
import { herdJson, herdText } from '../check/herd/text.ts';
import { ScenarioError } from '../scenario/errors.ts';
import { herdStudy } from '../scenario/herd.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { ScheduleMismatch, type SharedMemory } from '../sim/schedule.ts';
import type { Program } from '../syscalls/sys.ts';
import { type CheckTask, worse } from './check.ts';
import { type LoadedProgram, loadTold, optionsOf } from './check_program.ts';
import { checkRan, ProgramError } from './default_export.ts';
import { documentsIn, nameIn, nothingIn } from './documents.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { coloursFor } from './formats.ts';
import { withProgram } from './given_program.ts';
import { kindOf } from './kind.ts';
import { withholdPrinting } from './printing.ts';

/** How long it goes on before signals are heard, in ms. */
const turnMs = 50;

/** The report of each program or scenario of a file; `onStop` is given what stops it half way. */
export async function checkHerd(
  task: CheckTask,
  onStop: (stop: () => void) => void,
): Promise<ExitCode> {
  const { input, path } = task;
  const check = new HerdCheck(task);
  onStop(() => {
    check.interrupted = true;
  });
  if (kindOf(path, input) === 'program') return await check.program();
  let code: ExitCode = exitCodes.done;
  let count = 0;
  for (const document of documentsIn(input)) {
    count++;
    const { line, scenario } = document;
    const place = `${input.name}:${line}: ${nameIn(document) ?? 'a scenario'}`;
    if (scenario === undefined) say(`${place}: ${document.error.message}`);
    const one = scenario === undefined ? exitCodes.failed : await check.scenario(scenario, place);
    code = worse(code, one);
    if (check.interrupted) return code;
  }
  if (count > 0) return code;
  throw new FileError(nothingIn(input.name));
}

class HerdCheck {
  interrupted = false;
  private readonly task: CheckTask;

  constructor(task: CheckTask) {
    this.task = task;
  }

  program(): Promise<ExitCode> {
    const { input, path } = this.task;
    const title = path === '-' ? 'standard input' : path;
    return withProgram(
      input.name,
      () => loadTold(this.task),
      (loaded) => this.ofProgram(loaded, title),
      withholdPrinting,
    );
  }

  private async ofProgram(loaded: LoadedProgram, title: string): Promise<ExitCode> {
    if (loaded.isAsync) {
      throw new ProgramError(
        '--herd: expected "export default function* main(sys)", found an async function',
      );
    }
    return await this.study(loaded.program, title, title, loaded.shared, () => checkRan(loaded));
  }

  async scenario(scenario: Scenario, place: string): Promise<ExitCode> {
    if (this.task.request.schedule !== undefined && scenario.mode !== 'concurrent') {
      say(`${place}: --schedule: expected a concurrent scenario, found one in lockstep`);
      return exitCodes.failed;
    }
    return await this.study(scenario, scenario.name ?? 'a scenario', place, false);
  }

  private async study(
    subject: Program | Scenario,
    title: string,
    place: string,
    sharedMemory: SharedMemory,
    checkRun: () => void = () => {},
  ): Promise<ExitCode> {
    const { output, progress, request } = this.task;
    const study = herdStudy(subject, optionsOf(request, sharedMemory));
    try {
      await this.inTurns(study, title);
    } catch (error) {
      if (!(error instanceof ScenarioError || error instanceof ScheduleMismatch)) throw error;
      say(`${place}: ${error.message}`);
      return exitCodes.failed;
    } finally {
      progress.clear();
    }
    checkRun();
    const report = study.report();
    output.write(
      request.json
        ? `${herdJson(title, report)}\n`
        : `${herdText(title, report, await coloursFor(output))}\n`,
    );
    output.flush();
    const wrong = report.rows[0]?.problems.some(({ severity }) => severity === 'bug') === true;
    return wrong ? exitCodes.failed : exitCodes.done;
  }

  /** In turns, so that Ctrl-C is heard. Where time is short, each arrangement has as much of it. */
  private async inTurns(study: HerdStudy, title: string): Promise<void> {
    const { progress, request } = this.task;
    const end = performance.now() + 1000 * (request.seconds ?? Number.POSITIVE_INFINITY);
    // Half of it for all interleavings, half for a sample if there are too many.
    const share = (): number => (end - performance.now()) / (2 * study.left);
    let { left } = study;
    let until = performance.now() + share();
    for (let standing = study.next(); standing !== null; ) {
      const pause = performance.now() + turnMs;
      while (standing !== null && performance.now() < Math.min(pause, until)) {
        standing = study.next();
      }
      if (this.interrupted || standing === null) return;
      if (performance.now() > until) {
        if (study.left === left) study.goOn();
        left = study.left;
        until = performance.now() + share();
        standing = study.next();
        if (standing === null) return;
      }
      const { arrangement, executions } = standing;
      progress.show(() => `${title}: ${arrangement}: ${executions} executions`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
