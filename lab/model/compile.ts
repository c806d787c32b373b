/**
 * Programs as somebody writes them, TypeScript with `import … from 'epollsim'`, made into functions.
 *
 * The types are taken away and every line stays where it was, so that a line of what runs is a line
 * of what was written.
 */

import type { Code, Sys } from 'epollsim';
import * as epollsim from 'epollsim';
import { transform } from 'sucrase';

/** What a stack says of a line of the program: a name that no module has. */
export const programFile = 'epollsim-program.ts';

/** Lines that an engine puts before the text of a function that is made from text. */
const linesBefore = 2;

/** The text is no program; `line` is where, from 1, if that is known. */
export class CompileError extends Error {
  override readonly name: string = 'CompileError';
  readonly line: number | null;

  constructor(message: string, line: number | null) {
    super(message);
    this.line = line;
  }
}

export type Main = (sys: Sys, ...given: never[]) => Code<unknown>;

/**
 * The function that a text exports as its default.
 *
 * @throws CompileError for what is no TypeScript, imports something else than epollsim, exports no
 * function as its default, or throws where it stands
 */
export function compile(text: string): Main {
  const exported: { default?: unknown } = {};
  run(javaScriptOf(text), exported);
  const main = exported.default;
  if (typeof main !== 'function') {
    const found = main === undefined ? 'no default export' : `export default of a ${typeof main}`;
    throw new CompileError(`expected "export default function* main(sys)", found ${found}`, null);
  }
  return main as Main;
}

function javaScriptOf(text: string): string {
  try {
    return transform(text, { transforms: ['typescript', 'imports'], filePath: programFile }).code;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const place = /\((\d+):\d+\)\s*$/.exec(message);
    const words = message
      .replace(/^Error transforming \S+: /, '')
      .replace(/\s*\(\d+:\d+\)\s*$/, '');
    throw new CompileError(words, place === null ? null : Number(place[1]));
  }
}

function run(code: string, exported: object): void {
  const body = `${code}\n//# sourceURL=${programFile}`;
  try {
    new Function('require', 'exports', body)(required, exported);
  } catch (error) {
    if (error instanceof CompileError) throw error;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new CompileError(message, lineIn(error instanceof Error ? (error.stack ?? '') : ''));
  }
}

function required(name: string): unknown {
  if (name === 'epollsim') return epollsim;
  throw new CompileError(`expected an import from 'epollsim', found one from '${name}'`, null);
}

/** The line of the program that a stack leads through last; null if none. */
export function lineIn(stack: string): number | null {
  const found = new RegExp(`${programFile.replace('.', '\\.')}:(\\d+)`).exec(stack);
  return found === null ? null : Number(found[1]) - linesBefore;
}
