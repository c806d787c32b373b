/** A process that grades one solution, which may do whatever it likes to the process. */
import { readFileSync } from 'node:fs';
import { ProgramError } from '../default_export.ts';
import { Input } from '../input.ts';
import { loadDefault, loadTextDefault } from '../loader.ts';
import { withholdPrinting } from '../printing.ts';
import { strangeImport } from './imports.ts';
import { type Grade, loadTasks } from './tasks.ts';

/** What is to be graded. */
export interface Work {
  /** The number of a lab that there is. */
  readonly lab: number;
  /** For messages. */
  readonly name: string;
  /** Where the program is, or its text. */
  readonly program: { readonly path: string } | { readonly text: string };
}

/** What came of it; a problem is why it could not be run at all. */
export type Graded = { readonly grade: Grade } | { readonly problem: string };

export default async function run({ lab, name, program }: Work): Promise<Graded> {
  const tasks = await loadTasks();
  const task = tasks.find(({ number }) => number === lab);
  if (task === undefined) throw new Error(`there is no lab ${lab}`);
  withholdPrinting();
  const text = 'text' in program ? program.text : readFileSync(program.path, 'utf8');
  const strange = strangeImport(text);
  if (strange !== null) {
    return { problem: `expected imports of epollsim alone, found one of "${strange}"` };
  }
  try {
    const solution =
      'text' in program
        ? await loadTextDefault(program.text, name)
        : await loadDefault(program.path, new Input(program.path));
    if (typeof solution !== 'function') {
      return { problem: `expected "${task.signature} {…}", found ${foundAs(solution)}` };
    }
    return { grade: task.grade(solution as never) };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return { problem: [short(error.message), ...error.frames].join(', ') };
  }
}

/** A program of one line may be all of it in a message. */
const short = (message: string): string =>
  message.length > 500 ? `${message.slice(0, 500)}…` : message;

const foundAs = (solution: unknown): string =>
  solution === undefined ? 'no default export' : `export default of a ${typeof solution}`;
