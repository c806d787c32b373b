/** Errors that say more than they did, and stay what they were: a test runner shows their diff. */
import { OutOfSteps } from '../kernel/steps.ts';
import { thrownInWords } from '../syscalls/found.ts';

const told: WeakSet<Error> = new WeakSet();

/**
 * The error with `text` below its message; what is no Error becomes one. One that was told of before
 * stays as it is.
 */
export function appended(error: unknown, text: string): Error {
  if (!(error instanceof Error)) {
    const made = new Error(`the program threw ${thrownInWords(error)}\n\n${text}`);
    told.add(made);
    return made;
  }
  if (told.has(error)) return error;
  told.add(error);
  const { message, stack } = error;
  error.message = `${ofTests(error)}\n\n${text}`;
  if (stack !== undefined) {
    const at = message === '' ? -1 : stack.indexOf(message);
    error.stack =
      at < 0
        ? `${error.name}: ${error.message}\n${stack.slice(stack.search(/^ {4}at /m))}`
        : `${stack.slice(0, at)}${error.message}${stack.slice(at + message.length)}`;
  }
  return error;
}

/** Without the option of the command, which a test does not have. */
const ofTests = (error: Error): string =>
  error instanceof OutOfSteps ? error.message.replace(' (--max-steps)', '') : error.message;
