/** `epollsim check`: every interleaving of programs and concurrent scenarios, and what comes of them. */
import { type CheckRequest, readCheck } from './check_options.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { Input, refuseInputs } from './input.ts';
import { idleChoices } from './kernel_options.ts';
import { kindOf } from './kind.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import type { Link } from './queue/link.ts';

/** What the check of a file is asked for, and where its words go. */
export interface CheckTask {
  readonly path: string;
  readonly input: Input;
  readonly request: CheckRequest;
  readonly output: Output;
  /** For smaller scenarios and the schedule of a program; null if they are only printed. */
  readonly kept: Output | null;
  readonly progress: Progress;
  /** The way to workers on other machines; null if none was asked for. */
  readonly link: Link | null;
}

export async function check(argv: readonly string[]): Promise<ExitCode> {
  const request = readCheck(argv);
  const output = new Output(undefined);
  let kept: Output | null = null;
  let link: Link | null = null;
  try {
    const { files, out, queue } = request;
    if (out !== undefined) {
      refuseInputs(files, out, '--out');
      kept = new Output(out);
    }
    // What cannot be reached is better known before anything runs.
    if (queue !== undefined) link = await (await import('./queue/link.ts')).Link.open(queue);
    return await new Checker(request, output, kept, link).files();
  } finally {
    link?.close();
    kept?.close();
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
export const worse = (a: ExitCode, b: ExitCode): ExitCode =>
  byWeight.indexOf(a) > byWeight.indexOf(b) ? a : b;

class Checker {
  private readonly request: CheckRequest;
  private readonly output: Output;
  private readonly kept: Output | null;
  private readonly link: Link | null;
  private readonly progress: Progress;
  private interrupted = false;
  /** Stops what is under way. */
  private stop: () => void = () => {};

  constructor(request: CheckRequest, output: Output, kept: Output | null, link: Link | null) {
    this.request = request;
    this.progress = new Progress(request.json);
    this.output = output;
    this.kept = kept;
    this.link = link;
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
      for (const path of this.request.files) {
        if (!this.interrupted) code = worse(code, await this.file(path));
      }
      return this.interrupted ? exitCodes.interrupted : code;
    } finally {
      process.off('SIGINT', onSignal);
    }
  }

  /** A file that cannot be read does not keep the others from being checked. */
  private async file(path: string): Promise<ExitCode> {
    const { link, output, progress, request, kept } = this;
    try {
      const input = new Input(path);
      const checkFile = await checkOf(request, path, input);
      const task = { path, input, request, output, kept, progress, link };
      const code = await checkFile(task, (stop) => {
        this.stop = stop;
        if (this.interrupted) stop(); // It was pressed while the code was loaded.
      });
      input.close();
      return code;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      say(error.message);
      return exitCodes.usage;
    }
  }
}

async function checkOf(
  { herd }: CheckRequest,
  path: string,
  input: Input,
): Promise<(task: CheckTask, onStop: (stop: () => void) => void) => Promise<ExitCode>> {
  if (herd) return (await import('./check_herd.ts')).checkHerd;
  return kindOf(path, input) === 'program'
    ? (await import('./check_program.ts')).checkProgram
    : (await import('./check_scenarios.ts')).checkScenarios;
}
