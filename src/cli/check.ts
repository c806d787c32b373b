/** `epollsim check`: every interleaving of programs and concurrent scenarios, and what comes of them. */
import { DocumentReader, type ScenarioDocument } from '../scenario/documents.ts';
import { OutcomeSearch, type Outcomes, outcomesText } from '../scenario/outcomes.ts';
import { errorTranscript, transcriptText } from '../scenario/transcript.ts';
import { type CheckRequest, checkHelp, readCheck } from './check_options.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { coloursFor, widthOf } from './formats.ts';
import { Input } from './input.ts';
import { idleChoices } from './kernel_options.ts';
import { decides, isProgram } from './kind.ts';
import { outcomeLines } from './outcomes.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';

export async function check(argv: readonly string[]): Promise<ExitCode> {
  const request = readCheck(argv);
  const output = new Output(undefined);
  try {
    if (request !== null) return await new Checker(request, output).files();
    output.write(checkHelp);
    return exitCodes.done;
  } finally {
    output.close();
  }
}

/** What is worse comes later. */
const byWeight: readonly ExitCode[] = [
  exitCodes.done,
  exitCodes.incomplete,
  exitCodes.failed,
  exitCodes.usage,
  exitCodes.interrupted,
];
const worse = (a: ExitCode, b: ExitCode): ExitCode =>
  byWeight.indexOf(a) > byWeight.indexOf(b) ? a : b;

/** How long the search goes on before signals are heard. */
const turnMs = 50;

class Checker {
  private readonly request: CheckRequest;
  private readonly output: Output;
  private readonly progress: Progress = new Progress();
  private interrupted = false;
  /** Stops what is under way. */
  private stop: () => void = () => {};

  constructor(request: CheckRequest, output: Output) {
    this.request = request;
    this.output = output;
  }

  async files(): Promise<ExitCode> {
    for (const idle of idleChoices(this.request, this.request.memory)) say(idle);
    const onSignal = (): void => {
      if (this.interrupted) process.exit(exitCodes.interrupted);
      this.interrupted = true;
      this.stop();
    };
    process.on('SIGINT', onSignal);
    try {
      let code: ExitCode = exitCodes.done;
      for (const path of this.request.files) code = worse(code, await this.file(path));
      return this.interrupted ? exitCodes.interrupted : code;
    } finally {
      process.off('SIGINT', onSignal);
    }
  }

  /** A file that cannot be read does not keep the others from being checked. */
  private async file(path: string): Promise<ExitCode> {
    try {
      const input = new Input(path);
      const beginning = input.peek(decides);
      const code = isProgram(path, beginning)
        ? await this.program(path, input)
        : await this.scenarios(input);
      input.close();
      return code;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      say(error.message);
      return exitCodes.usage;
    }
  }

  private async program(path: string, input: Input): Promise<ExitCode> {
    const { checkProgram } = await import('./check_program.ts');
    const { output, progress, request } = this;
    return checkProgram({ path, input, request, output, progress }, (stop) => {
      this.stop = stop;
    });
  }

  private async scenarios(input: Input): Promise<ExitCode> {
    const reader = new DocumentReader();
    let code: ExitCode = exitCodes.done;
    let count = 0;
    for (let chunk = input.next(); ; chunk = input.next()) {
      for (const document of chunk === null ? reader.end() : reader.push(chunk)) {
        if (this.interrupted) return code;
        count++;
        code = worse(code, await this.document(document, input.name));
      }
      if (chunk === null) break;
    }
    if (count > 0) return code;
    say(`${input.name}: expected at least one scenario, found nothing`);
    return exitCodes.failed;
  }

  private async document(document: ScenarioDocument, file: string): Promise<ExitCode> {
    const { scenario } = document;
    const name = scenario === undefined ? document.name : scenario.name;
    const place = `${file}:${document.line}: ${name ?? 'a scenario'}`;
    if (scenario === undefined) return this.fail(place, name, document.error);
    if (scenario.mode !== 'concurrent') {
      return this.fail(
        place,
        name,
        new Error('expected a concurrent scenario, found one in lockstep'),
      );
    }
    const search = new OutcomeSearch(scenario, this.request);
    await this.search(search, name ?? 'a scenario');
    if (search.error !== null) return this.fail(place, name, search.error);
    const outcomes = search.outcomes();
    await this.show(search, outcomes);
    if (outcomes.findings.length > 0) return exitCodes.failed;
    return outcomes.complete ? exitCodes.done : exitCodes.incomplete;
  }

  /** In turns, so that Ctrl-C is heard. */
  private async search(search: OutcomeSearch, name: string): Promise<void> {
    const began = performance.now();
    for (let more = true; more && !this.interrupted; ) {
      const end = performance.now() + turnMs;
      while (more && performance.now() < end) more = search.next();
      const { executions, distinct } = search;
      const rate = Math.round((executions * 1000) / (performance.now() - began));
      this.progress.show(
        () => `${name}: ${executions} executions, ${rate} a second, ${distinct} outcomes`,
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.progress.clear();
  }

  private fail(place: string, name: string | null, error: Error): ExitCode {
    say(`${place}: ${error.message}`);
    if (this.request.json) this.output.write(`${transcriptText(errorTranscript(name, error))}\n`);
    return exitCodes.failed;
  }

  private async show(search: OutcomeSearch, outcomes: Outcomes): Promise<void> {
    const { json } = this.request;
    const { output } = this;
    if (json) output.write(`${outcomesText(outcomes)}\n`);
    else {
      const lines = outcomeLines(search, outcomes, await coloursFor(output), widthOf(output));
      for (const line of lines) output.write(`${line}\n`);
    }
    output.flush();
    if (json && outcomes.limit !== null) say(`${outcomes.name}: ${outcomes.limit.message}`);
  }
}
