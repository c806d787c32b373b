/** A program from a file, for the verbs that run one. */

import { ProgramError, WorkersFailed } from './default_export.ts';
import { type ExitCode, exitCodes, say } from './errors.ts';
import { divertPrinting } from './printing.ts';

/** Loads a program and does something with it; says what is wrong with one that cannot be loaded. */
export async function withProgram<L>(
  name: string,
  load: () => Promise<L>,
  action: (loaded: L) => Promise<ExitCode>,
  takePrinting: () => () => void = divertPrinting,
): Promise<ExitCode> {
  const giveBack = takePrinting();
  try {
    return await action(await load());
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    say(`${name}${error.line === null ? '' : `:${error.line}`}: ${error.message}`);
    for (const frame of error.frames) say(`  ${frame}`);
    return error instanceof WorkersFailed ? exitCodes.failed : exitCodes.usage;
  } finally {
    giveBack();
  }
}
