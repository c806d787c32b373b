/**
 * `epollsim play`: scenarios and programs, in one of the formats.
 */
import type { PlayRequest } from './arguments.ts';
import { type ExitCode, exitCodes, FileError, Interrupted, say } from './errors.ts';
import { Input, refuseInputs } from './input.ts';
import { hearInterrupt } from './interrupt.ts';
import { idleChoices } from './kernel_options.ts';
import { kindOf } from './kind.ts';
import { Output } from './output.ts';
import { Stage } from './stage.ts';

export async function play(request: PlayRequest): Promise<ExitCode> {
  if (request.output !== undefined) refuseInputs(request.files, request.output, '--output');
  const output = new Output(request.output);
  const stage = new Stage(request, output);
  for (const idle of idleChoices(request, request.memory)) say(idle);
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

const worse = (a: ExitCode, b: ExitCode): ExitCode => (a > b ? a : b);

/** A file that cannot be read does not keep the others from being played. */
async function playFile(path: string, stage: Stage): Promise<ExitCode> {
  try {
    const input = new Input(path);
    const code =
      kindOf(path, input) === 'program'
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
