/**
 * `epollsim play`: scenarios and programs, in one of the formats.
 */
import type { PlayRequest } from './arguments.ts';
import { type ExitCode, exitCodes, FileError, Interrupted, say, UsageError } from './errors.ts';
import { Input, isSameFile } from './input.ts';
import { hearInterrupt } from './interrupt.ts';
import { idleChoices } from './kernel_options.ts';
import { Output } from './output.ts';
import { Stage } from './stage.ts';

export async function play(request: PlayRequest): Promise<ExitCode> {
  checkOutput(request);
  const output = new Output(request.output);
  const stage = new Stage(request, output);
  for (const idle of idleChoices(request)) say(idle);
  if (request.seed !== undefined) stage.saySeed();
  let code: ExitCode;
  try {
    code = await playFiles(request.files, stage);
    stage.close();
  } finally {
    output.close();
  }
  return code;
}

async function playFiles(files: readonly string[], stage: Stage): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  try {
    for (const path of files) code = worse(code, await playFile(path, stage));
    return code;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    hearInterrupt();
    return exitCodes.interrupted;
  }
}

/** What is written would be written over what is read. */
function checkOutput({ files, output }: PlayRequest): void {
  if (output === undefined) return;
  const same = files.find((path) => isSameFile(path, output));
  if (same === undefined) return;
  throw new UsageError(
    `--output ${output}: expected another file than the inputs, found ${same === '-' ? 'standard input' : same}`,
  );
}

const worse = (a: ExitCode, b: ExitCode): ExitCode => (a > b ? a : b);

/** A file that cannot be read does not keep the others from being played. */
async function playFile(path: string, stage: Stage): Promise<ExitCode> {
  try {
    const input = new Input(path);
    const beginning = input.peek((text) => beginsLikeScenario(text) || looksLikeProgram(text));
    if (beginning.includes('\0')) {
      throw new FileError(`${input.name}: ${expected}, found binary data`);
    }
    const code = isProgram(path, beginning)
      ? await (await import('./programs.ts')).playProgram(path, input, stage)
      : await (await import('./scenarios.ts')).playScenarios(input, stage);
    input.close();
    return code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    say(error.message);
    return exitCodes.usage;
  }
}

const beginsLikeScenario = (text: string): boolean => /^\s*\{/.test(text);

const expected = 'expected a program or scenarios in JSON';

/** A file that is called one, and is no scenario, is a program that is malformed. */
const isProgram = (path: string, text: string): boolean =>
  looksLikeProgram(text) || (/\.[cm]?[jt]s$/.test(path) && !beginsLikeScenario(text));

/** Programs import and export; anything else is taken for a scenario that is malformed. */
const looksLikeProgram = (text: string): boolean =>
  !beginsLikeScenario(text) && /^\s*(import|export)\b/m.test(text);
