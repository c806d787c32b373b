/**
 * What simTest() and checkTest() have in common: a program in place of the function of a test, and
 * all that vitest's own `test` can do besides.
 */
import { type TestAPI, type TestContext, type TestOptions, test } from 'vitest';
import type { TimeOptions } from '../async/timed.ts';
import type { Pausing } from '../sim/pause.ts';
import { isObject } from '../sim/rule.ts';
import { inWords } from '../syscalls/found.ts';
import { checkEither, type ProgramWith, Style } from './style.ts';

/** What vitest's own `test` takes as options; what they mean says vitest. */
export type TestSettings = Omit<TestOptions, 'shuffle'>;

export const settingNames: ReadonlySet<string> = new Set<keyof TestOptions>([
  'timeout',
  'retry',
  'repeats',
  'concurrent',
  'sequential',
  'skip',
  'only',
  'todo',
  'fails',
  'tags',
  'meta',
]);

/** What simTest() and checkTest() take besides. */
export interface ProgramSettings extends TestSettings, TimeOptions {}

/** Options as they stand, or, of several cases, what follows from each. */
type OptionsFor<Options, Args extends readonly unknown[]> = Options | ((...args: Args) => Options);

/** A case that was given as a row of text; what its columns are, vitest does not know. */
// biome-ignore lint/suspicious/noExplicitAny: each member is whatever stands in the column
type Row = any;

/** What a list of cases gives: a function that makes a test of each. */
export interface CasesTest<
  Options,
  Args extends readonly unknown[],
  Given extends readonly unknown[],
> {
  (name: string, program: ProgramWith<Given>): void;
  (name: string, options: OptionsFor<Options, Args>, program: ProgramWith<Given>): void;
}

/** As vitest's `test` has them. */
export interface Modifiers<Options, Context> {
  /** Runs no other test of the file. */
  readonly only: ProgramTest<Options, Context>;
  /** Does not run. */
  readonly skip: ProgramTest<Options, Context>;
  /** Stands for a test that is to be written. */
  readonly todo: ProgramTest<Options, Context>;
  /** Passes if it fails. */
  readonly fails: ProgramTest<Options, Context>;
  /** Runs beside others of its kind. */
  readonly concurrent: ProgramTest<Options, Context>;
  /** Runs alone, among others that do not. */
  readonly sequential: ProgramTest<Options, Context>;
  /** Does not run if `condition` holds. */
  skipIf(condition: unknown): ProgramTest<Options, Context>;
  /** Runs only if `condition` holds. */
  runIf(condition: unknown): ProgramTest<Options, Context>;
  /** The program is given `sys` and the case, spread where it is an array. */
  each<T extends readonly unknown[] | readonly [unknown]>(
    cases: readonly T[],
  ): CasesTest<Options, [...T], [...T]>;
  each<T>(cases: readonly T[]): CasesTest<Options, [T], [T]>;
  /** A table as text. The case has a member for each column. */
  each(table: TemplateStringsArray, ...values: unknown[]): CasesTest<Options, [Row], [Row]>;
  /** The program is given `sys`, the case, and the context of the test. */
  for<T>(cases: readonly T[]): CasesTest<Options, [T], [T, Context]>;
  for(table: TemplateStringsArray, ...values: unknown[]): CasesTest<Options, [Row], [Row, Context]>;
}

/** Makes a test of a program: its name, options or none, and the program. */
export interface ProgramTest<Options, Context> extends Modifiers<Options, Context> {
  (name: string, program?: ProgramWith<readonly [Context]>, timeout?: number): void;
  (name: string, options: Options, program?: ProgramWith<readonly [Context]>): void;
}

/** One run of a test. */
export interface Given<Options> {
  readonly options: Options;
  /** What the program is given besides `sys`; `context` stands for that of the test. */
  readonly args: readonly unknown[];
  readonly context: TestContext;
  /** Where the test was defined, for the stack of an error. */
  readonly site: string;
  readonly style: Style;
}

/** How a kind of test is told apart, and what it does. */
export interface Kind<Options> {
  readonly name: string;
  /** Throws for options that it cannot do with; before any test runs. */
  check(options: Options): void;
  /** What vitest is to be told that follows from the options. */
  settings(options: Options): TestSettings;
  run(given: Given<Options>): Pausing<void>;
}

type AnyFunction = (...args: never[]) => unknown;

/** A test function of a kind, on top of vitest's `test` or one of its modifiers. */
export function programTest<Options extends object, Context>(
  kind: Kind<Options>,
  api: Pick<TestAPI, keyof TestAPI> = test,
): ProgramTest<Options, Context> {
  const made = (name: string, first?: unknown, second?: unknown): void => {
    const { options: fixed, program } = givenOf(kind, first, second);
    if (typeof fixed === 'function') {
      throw new TypeError(`${kind.name}: expected options, found a function: there are no cases`);
    }
    const settings = settingsOf(kind, fixed);
    const site = siteOf(made);
    const run =
      program &&
      ((context: TestContext): unknown =>
        runOne(kind, program, { options: fixed, args: [context], context, site }));
    (api as TestAPI)(name, settings, run as never);
  };
  for (const name of ['only', 'skip', 'todo', 'fails', 'concurrent', 'sequential'] as const) {
    Object.defineProperty(made, name, { get: () => programTest(kind, api[name] as TestAPI) });
  }
  const own = {
    skipIf: (condition: unknown) =>
      programTest(kind, condition ? (api.skip as TestAPI) : (api as TestAPI)),
    runIf: (condition: unknown) =>
      programTest(kind, condition ? (api as TestAPI) : (api.skip as TestAPI)),
    each: casesOf(kind, api as TestAPI, false),
    for: casesOf(kind, api as TestAPI, true),
  };
  return Object.assign(made, own) as unknown as ProgramTest<Options, Context>;
}

/** A promise where the program is an async function, else it is over when this returns. */
function runOne<Options extends object>(
  kind: Kind<Options>,
  program: ProgramWith<readonly unknown[]>,
  given: Omit<Given<Options>, 'style'>,
): unknown {
  const { fakeTime } = given.options as TimeOptions;
  const style = new Style(program, fakeTime);
  return style.done(kind.run({ ...given, style }), given.context.signal);
}

/** `withContext`: the program is given the case as it is, and the context behind it. */
function casesOf<Options extends object>(kind: Kind<Options>, api: TestAPI, withContext: boolean) {
  return (cases: readonly unknown[], ...rest: readonly unknown[]) => {
    // Of a template, vitest makes the cases.
    const each = api.for(cases as never, ...(rest as []));
    const made = (name: string, first?: unknown, second?: unknown): void => {
      const { options, program } = givenOf(kind, first, second);
      const follows = typeof options === 'function' ? options : null;
      const settings = settingsOf(kind, follows === null ? (options as Options) : ({} as Options));
      const site = siteOf(made);
      const run = (one: unknown, context: TestContext): unknown => {
        const spread = Array.isArray(one) && !withContext ? (one as unknown[]) : [one];
        const chosen = (follows === null ? options : follows(...(spread as never[]))) as Options;
        if (follows !== null) checkFollowing(kind, chosen);
        const args = withContext ? [one, context] : spread;
        return program && runOne(kind, program, { options: chosen, args, context, site });
      };
      each(name, settings, run as never);
    };
    return made;
  };
}

/** Throws for options of a single case that do not fit; vitest has taken its own by then. */
function checkFollowing<Options extends object>(kind: Kind<Options>, options: Options): void {
  checkAll(kind, options);
  const late = Object.keys(options).find((key) => settingNames.has(key));
  if (late === undefined) return;
  throw new TypeError(`${kind.name}: ${late} cannot follow from the case: expected it for all`);
}

type OptionsGiven<Options> = Options | ((...args: never[]) => Options);

/** `(name, program, timeout)`, `(name, options, program)`, or `(name)` of a test to be written. */
function givenOf<Options extends object>(
  kind: Kind<Options>,
  first: unknown,
  second: unknown,
): { options: OptionsGiven<Options>; program: ProgramWith<readonly unknown[]> | undefined } {
  const isProgramFirst = typeof first === 'function' && typeof second !== 'function';
  const options = isProgramFirst
    ? typeof second === 'number'
      ? { timeout: second }
      : (second ?? {})
    : (first ?? {});
  const program = isProgramFirst ? first : second;
  if (!isObject(options) && typeof options !== 'function') {
    throw new TypeError(
      `${kind.name}: expected ${kind.name}(name, options, program), found ${inWords(options)} in place of the options`,
    );
  }
  if (program !== undefined) checkEither(kind.name, program);
  if (typeof options !== 'function') checkAll(kind, options as Options);
  return {
    options: options as OptionsGiven<Options>,
    program: program as ProgramWith<readonly unknown[]> | undefined,
  };
}

function checkAll<Options extends object>(kind: Kind<Options>, options: Options): void {
  const { fakeTime } = options as { fakeTime?: unknown };
  if (fakeTime !== undefined && typeof fakeTime !== 'boolean') {
    throw new TypeError(
      `${kind.name}: fakeTime: expected true or false, found ${inWords(fakeTime)}`,
    );
  }
  kind.check(options);
}

/** What is vitest's of the options, and what follows from the rest. */
function settingsOf<Options extends object>(kind: Kind<Options>, options: Options): TestSettings {
  const own = Object.entries(options).filter(
    ([key, value]) => settingNames.has(key) && value !== undefined,
  );
  return { ...kind.settings(options), ...(Object.fromEntries(own) as TestSettings) };
}

/** The options without what all tests have. */
export function withoutSettings<Options extends object>(
  options: Options,
): Omit<Options, keyof ProgramSettings> {
  const rest = Object.entries(options).filter(
    ([key]) => !settingNames.has(key) && key !== 'fakeTime',
  );
  return Object.fromEntries(rest) as Omit<Options, keyof ProgramSettings>;
}

/** The stack of whoever calls `outermost`, without its first line. */
function siteOf(outermost: AnyFunction): string {
  const holder = { stack: '' };
  Error.captureStackTrace(holder, outermost);
  return holder.stack.slice(holder.stack.indexOf('\n') + 1);
}
