/**
 * A test for vitest: it plays the scenario or program on the model and compares with what the model
 * answered when the test was made; a failure says why it answers otherwise. A comment holds the
 * artefact as a link, to get it back.
 */
import { defaultKernel } from '../kernel/history.ts';
import { answerOf } from './answer.ts';
import { type Artefact, checkArtefact, ExportError, kernelOf, nameOf } from './artefact.ts';
import { fromLink, toLink } from './link.ts';

/** What toTest() can be told. */
export interface TestOptions {
  /** What is expected. The model is asked where there is none; of a program there must be one. */
  readonly expected?: string;
  /** Whether the program is an async function. False where nothing is said. */
  readonly isAsync?: boolean;
  /** Who answered so, for the comment; the model where nothing is said. */
  readonly answeredBy?: string;
}

/** As it stands in the source of a test. */
const mark = '// epollsim: ';

// Composed, since a source that names a package imports it.
const importFrom = (what: string, name: string): string => `import ${what} from ${`'${name}'`};\n`;

/**
 * The text of the test file.
 *
 * @throws ExportError where the scenario, the kernel or the schedule is none, and for a program
 * without `expected`
 * @throws ScenarioError, TypeError, RangeError, ScheduleError or ScheduleMismatch where the model
 * is asked, as answerOf() throws them
 * @throws NotDeterministic never: a scenario goes the same way each time
 */
export function toTest(artefact: Artefact, options: TestOptions = {}): string {
  checkArtefact(artefact, 'the artefact');
  const link = `${mark}${toLink(artefact)}\n`;
  return artefact.program === undefined
    ? scenarioTest(artefact, link, options)
    : programTest(artefact, link, options);
}

export const looksLikeTest = (text: string): boolean => text.includes(`\n${mark}#`);

/**
 * The artefact that a test was made from, by the `text` of its file.
 *
 * @throws ExportError for a text that no artefact stands in
 */
export function fromTest(text: string): Artefact {
  const line = text.split(/\r?\n/).find((one) => one.startsWith(mark));
  if (line !== undefined) return fromLink(line.slice(mark.length));
  throw new ExportError(`the test has no line "${mark}#v1.…", which says what it was made from`);
}

const literal = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;

function optionsText({ kernel, with: added = [], without = [], schedule }: Artefact): string {
  const entries = [`kernel: ${literal(kernel ?? defaultKernel)}`];
  if (added.length > 0) entries.push(`with: [${added.map(literal).join(', ')}]`);
  if (without.length > 0) entries.push(`without: [${without.map(literal).join(', ')}]`);
  if (schedule !== undefined) entries.push('schedule');
  return `{ ${entries.join(', ')} }`;
}

/** A long text as lines of source. */
function scheduleLines(schedule: string): string {
  const lines = schedule.replace(/\n$/, '').split('\n');
  return `const schedule = [\n${lines.map((line) => `  ${literal(line)},\n`).join('')}].join('\\n');\n\n`;
}

function comment(artefact: Artefact, what: string, { answeredBy }: TestOptions): string {
  const release = artefact.kernel ?? defaultKernel;
  const who = answeredBy ?? `the model of Linux ${release}`;
  return `/** ${what.replace(/\s+/g, ' ').replaceAll('*/', '* /')} Expected is what ${who} answered. */\n`;
}

function scenarioTest(artefact: Artefact, link: string, options: TestOptions): string {
  const { scenario, schedule } = artefact;
  const kernel = kernelOf(artefact);
  const expected = options.expected ?? answerOf(scenario, { ...kernel, schedule });
  const { about } = scenario as { readonly about?: string };
  const said = about === undefined || about === '' ? '' : `${about}.`;
  return [
    importFrom('{ expectAnswer }', 'epollsim'),
    importFrom('{ test }', 'vitest'),
    '\n',
    comment(artefact, said, options),
    link,
    `const scenario = ${JSON.stringify(scenario, null, 2)};\n\n`,
    schedule === undefined ? '' : scheduleLines(schedule),
    `test(${literal(nameOf(artefact) ?? 'a scenario')}, () => {\n`,
    `  const expected =\n    ${literal(expected)};\n`,
    `  expectAnswer(scenario, expected, ${optionsText(artefact)});\n`,
    '});\n',
  ].join('');
}

function programTest(
  artefact: Artefact & { program: string },
  link: string,
  options: TestOptions,
): string {
  const { program, schedule } = artefact;
  if (options.expected === undefined) {
    throw new ExportError('a test of a program needs what is expected of it');
  }
  return [
    `${program.replace(/\n*$/, '\n')}\n`,
    '// ── The test ──\n\n',
    options.isAsync === true
      ? importFrom('{ expectProgramAnswerAsync as expectThat }', 'epollsim/async')
      : importFrom('{ expectProgramAnswer as expectThat }', 'epollsim'),
    importFrom('{ test as testThat }', 'vitest'),
    '\n',
    comment(artefact, 'The program above.', options),
    link,
    schedule === undefined ? '\n' : `${scheduleLines(schedule)}`,
    "testThat('the program', async () => {\n",
    '  // Its default export is that of this file.\n',
    '  const { default: program } = await import(/* @vite-ignore */ import.meta.url);\n',
    `  ${options.isAsync === true ? 'await ' : ''}expectThat(program, ${literal(options.expected)}, ${optionsText(artefact)});\n`,
    '});\n',
  ].join('');
}
