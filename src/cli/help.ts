/** What --help prints, made from the tables of the verbs. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../shared/home.ts';
import { paragraphs, wrapped } from '../trace/paragraphs.ts';
import {
  type Command,
  type Example,
  helpOption,
  namesOf,
  type Options,
} from './commands/command.ts';
import { type ExitCode, exitTexts } from './errors.ts';
import { userPath } from './input.ts';

/** The width where nobody says how wide a line is, and the widest. */
export const helpWidth = 100;

/** What the command says of itself as a whole. */
export const overview: Pick<Command, 'about' | 'examples' | 'more'> = {
  about: `epollsim VERB --help, or epollsim help VERB: its options, examples and exit codes. epollsim
    --version: the version.

    What is asked for goes to standard output, everything else to standard error. Every verb has
    --json, for scripts: one object, or one a line. A file called - is standard input. Colours are for
    terminals; NO_COLOR=1 keeps them away, FORCE_COLOR=1 takes them into a pager. COLUMNS says how
    wide a line is where no terminal does.`,
  examples: [
    {
      line: 'epollsim play --format table examples/pipe-every-write.json',
      about: 'a scenario, step by step',
    },
    {
      line: 'epollsim check --kernel 7.3 examples/false-negative.ts',
      about: 'every interleaving of a program',
    },
    {
      line: 'epollsim why examples/pipe-every-write.json --step 6',
      about: 'why an event came',
    },
  ],
  more: ['README.md', 'docs/command.md'],
};

/** The help of the command itself: its verbs, and what they have in common. */
export function overviewText(all: readonly Command[], width: number = helpWidth): string {
  const codes = Object.entries(exitTexts);
  return joined([
    wrapped('epollsim: Linux eventpoll, played step by step', width),
    ['usage: epollsim VERB [options] [FILE...]'],
    verbLines(all, width),
    ...paragraphs(overview.about, width),
    exampleLines(overview.examples, width),
    ['exit codes:', ...rows(codes, 2, width)],
    moreLines(overview.more, width),
  ]);
}

/** A verb a line, and what it is for. */
export const verbLines = (all: readonly Command[], width: number): string[] =>
  rows(
    all.map(({ name, summary }) => [name, summary] as const),
    2,
    width,
  );

/** The help of a verb. */
export function helpText(command: Command, width: number = helpWidth): string {
  const { about, examples, exits, more, name, notes, options, summary, usage } = command;
  const ways = usage.map((way, i) => `${i === 0 ? 'usage:' : '      '} epollsim ${name} ${way}`);
  const groups = [...options, { options: helpOption }];
  const column = columnFor(groups.map((group) => group.options));
  const codes = Object.entries({ 2: exitTexts[2], ...exits });
  return joined([
    wrapped(`epollsim ${name}: ${summary}`, width),
    ways,
    ...paragraphs(about, width),
    ...groups.map((group) => [
      ...(group.title === undefined ? [] : [`${group.title}:`]),
      ...optionLines(group.options, column, width),
    ]),
    ...paragraphs(notes ?? '', width),
    exampleLines(examples, width),
    ['exit codes:', ...rows(codes, 2, width)],
    moreLines(more, width),
  ]);
}

const joined = (blocks: readonly (readonly string[])[]): string =>
  `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;

// ── Options ──────────────────────────────────────────────────────────────────────────────────────

/** Longer names have their text below, so that it keeps its width. */
const longestName = 22;

function columnFor(groups: readonly Options[]): number {
  const lengths = groups
    .flatMap((options) => Object.entries(options))
    .map(([name, option]) => labelOf(name, option).length)
    .filter((length) => length <= longestName + 6);
  return Math.max(...lengths) + 2;
}

/** `  -f, --format FORMAT`. */
function labelOf(name: string, { short, value }: Options[string]): string {
  const letter = short === undefined ? '    ' : `-${short}, `;
  return `  ${letter}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function optionLines(options: Options, column: number, width: number): string[] {
  return Object.entries(options).flatMap(([name, option]) => [
    ...row(labelOf(name, option), option.about, column, width),
    ...choiceLines(option, column, width),
  ]);
}

/** Names alone stand in the text of the option. */
function choiceLines({ choices }: Options[string], column: number, width: number): string[] {
  if (choices === undefined || Array.isArray(choices)) return [];
  const texts = choices as Readonly<Record<string, string>>;
  return namesOf(choices).flatMap((name) =>
    row(`        ${name}`, texts[name] ?? '', column + 2, width),
  );
}

// ── The rest ─────────────────────────────────────────────────────────────────────────────────────

/** Where so little is left beside the names, the text goes below. */
const leastRoom = 36;

/** A name and its text, which begins at the column. */
function row(label: string, text: string, column: number, width: number): string[] {
  if (width - column < leastRoom) return [label, ...indented(text, 10, width)];
  const [first = '', ...others] = indented(text, column, width);
  if (label.length + 2 > column) return [label, first, ...others];
  return [label + first.slice(label.length), ...others];
}

const indented = (text: string, indent: number, width: number): string[] =>
  wrapped(text, width - indent).map((line) => ' '.repeat(indent) + line);

function rows(
  pairs: readonly (readonly [string, string])[],
  indent: number,
  width: number,
): string[] {
  const column = indent + Math.max(...pairs.map(([name]) => name.length)) + 2;
  return pairs.flatMap(([name, text]) => row(' '.repeat(indent) + name, text, column, width));
}

function exampleLines(examples: readonly Example[], width: number): string[] {
  const folder = fileURLToPath(packageFile('.'));
  const isHere = relative(userPath('.'), folder) === '';
  return [
    isHere ? 'examples:' : `examples, in ${folder}:`,
    ...examples.flatMap(({ about, line }) => [`  ${line}`, ...indented(about, 6, width)]),
  ];
}

const moreLines = (files: readonly string[], width: number): string[] =>
  wrapped(`see also: ${files.join(', ')}`, width);

// ── As data ──────────────────────────────────────────────────────────────────────────────────────

const plain = (text: string): string =>
  paragraphs(text, Number.POSITIVE_INFINITY).flat().join('\n\n');

/** A table as JSON shows it: texts in one piece, options as a list. */
export function tableOf(command: Command): object {
  const { about, examples, exits, more, name, notes, operands, options, summary, usage } = command;
  return {
    name,
    summary,
    usage: usage.map((way) => `epollsim ${name} ${way}`),
    about: plain(about),
    operands: { ...operands, most: Number.isFinite(operands.most) ? operands.most : null },
    options: [...options, { options: helpOption }].flatMap((group) =>
      Object.entries(group.options).map(([option, row]) => ({
        name: option,
        ...row,
        about: plain(row.about),
        group: 'title' in group ? group.title : undefined,
      })),
    ),
    notes: notes === undefined ? undefined : plain(notes),
    examples,
    exits: { 2: exitTexts[2], ...exits } satisfies Partial<Record<ExitCode, string>>,
    more,
  };
}

/** The tables of verbs, in the order of the help. */
export const tablesOf = (all: readonly Command[]): object => ({
  verbs: all.map(tableOf),
  exits: exitTexts,
});
