/**
 * The program that a module exports: a generator function, or an async function, or any other that
 * gives what one of these gives, which is known only when it runs.
 */
import { asCode as codeFrom, isGenerator } from '../async/thread.ts';
import { inWords } from '../syscalls/found.ts';
import type { Code, Program, Sys } from '../syscalls/sys.ts';

/** The file is no program that could be run. */
export class ProgramError extends Error {
  override readonly name: string = 'ProgramError';
  /** Where in the user's files. */
  readonly frames: readonly string[];
  /** In which line of the program's own file; null where that says nothing. */
  readonly line: number | null;

  constructor(message: string, frames: readonly string[] = [], line: number | null = null) {
    super(message);
    this.frames = frames;
    this.line = line;
  }
}

/** A program that runs here, and not where workers are. */
export class WorkersFailed extends ProgramError {}

/** A module that was loaded. */
export interface LoadedModule {
  readonly exported: Readonly<Record<string, unknown>>;
  readonly isCommonJs: boolean;
  /** Its source; empty where that is not known. */
  readonly text: string;
}

/** A program that was loaded. */
export interface GivenProgram {
  readonly program: Program;
  readonly isCommonJs: boolean;
  /** Does it say `async`? */
  readonly isAsync: boolean;
}

/** The program of a module; throws a ProgramError that says what it exports instead. */
export function givenBy(module: LoadedModule): GivenProgram {
  const { isCommonJs } = module;
  const found = defaultOf(module);
  if (!isProgram(found)) throw new ProgramError(refusal(module, found), [], lineOf(module));
  const isAsync = kindOf(found) === 'AsyncFunction';
  const refuse = (value: unknown): ProgramError =>
    new ProgramError(
      `${expected(isCommonJs)}, found a function that gives ${inWords(value)}`,
      [],
      lineOf(module),
    );
  return { program: asCode(found, refuse), isCommonJs, isAsync };
}

/** Programs of which it turned out that they are none. */
const refused: WeakMap<Program, ProgramError> = new WeakMap();

/** Throws a ProgramError if the program, which has run, turned out to be none. */
export function checkRan({ program }: Pick<GivenProgram, 'program'>): void {
  const error = refused.get(program);
  if (error !== undefined) throw error;
}

function asCode(found: Program, refuse: (value: unknown) => ProgramError): Program {
  if (isGenerator(found)) return (sys: Sys): Code<unknown> => found(sys);
  const program: Program = codeFrom(found as never, (value) => {
    const error = refuse(value);
    refused.set(program, error);
    return error;
  });
  return program;
}

/** The default export; what makes a compiler export one from CommonJS says so by `__esModule`. */
export function defaultOf({ exported, isCommonJs }: LoadedModule): unknown {
  if (!isCommonJs || typeof exported !== 'object' || exported === null) {
    return isCommonJs ? exported : exported['default'];
  }
  return 'default' in exported ? exported['default'] : exported;
}

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

const isClass = (value: unknown): boolean =>
  /^class\b/.test(Function.prototype.toString.call(value));

/** Anything that may give a generator or a promise. */
const isProgram = (value: unknown): value is Program =>
  typeof value === 'function' && kindOf(value) !== 'AsyncGeneratorFunction' && !isClass(value);

const expected = (isCommonJs: boolean): string =>
  isCommonJs
    ? 'expected "module.exports = function* main(sys)" or an async function'
    : 'expected "export default function* main(sys)" or an async function';

function refusal(module: LoadedModule, found: unknown): string {
  return `${expected(module.isCommonJs)}, found ${foundIn(module, found)}`;
}

function foundIn({ exported, isCommonJs, text }: LoadedModule, found: unknown): string {
  if (text.trim() === '' && Object.keys(exported).length === 0) return 'an empty file';
  if (typeof found === 'function') {
    const name = found.name === '' ? '' : ` ${found.name}`;
    return isClass(found) ? `the class${name}` : `the async generator function${name}`;
  }
  if (kindOf(found) === 'Generator') return 'what a call gives: export the function itself';
  if (isCommonJs) return `module.exports = ${inWords(found)}`;
  if ('default' in exported) return `export default ${inWords(found)}`;
  const names = Object.keys(exported);
  return names.length === 0
    ? 'no default export'
    : `no default export; it exports ${names.join(', ')} by name`;
}

/** Where the export stands; null if it stands nowhere. */
function lineOf({ text }: LoadedModule): number | null {
  const lines = text.split('\n');
  const found = lines.findIndex((line) =>
    /^\s*export\s+default\b|^\s*export\s*\{.*\bdefault\b|^\s*export\s*=|\bmodule\.exports\s*=/.test(
      line,
    ),
  );
  return found < 0 ? null : found + 1;
}
