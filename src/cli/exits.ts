/** What ends the process of the command is no end of a program on a machine. */
import { framesOf } from './stack.ts';

let refused = false;

/**
 * From here on `process.exit()` throws where a program calls it: it would end the command, with
 * nothing said of the program, and a code that means that all is well.
 */
export function refuseExits(): void {
  if (refused) return;
  refused = true;
  const exit = process.exit.bind(process);
  const refusing = (code?: number | string | null): never => {
    const error = new Error(
      `process.exit(${code ?? ''}) would end the simulator: expected sys.exit_group(status), or a return`,
    );
    Error.captureStackTrace(error, refusing);
    if (framesOf(error).length === 0) return exit(code);
    throw error;
  };
  process.exit = refusing;
}
