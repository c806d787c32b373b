/** The command line of the benchmark. */
import { UsageError } from '../src/cli/errors.ts';
import { type Row, readWords, textOf } from '../src/cli/options.ts';

export const help = `usage: npm run bench -- [OPTIONS]

Plays the same work on the model and on the running kernel, in turn, and compares; and measures the
checker, memory, and the command. The charts go into a folder.

      --only PATTERN    only rows whose "kind: name, size" the regular expression fits: '^ctl',
                        '1000000$', 'round trip: TCP'
      --quick           fewer repeats and sizes, under a minute instead of ten
      --out FOLDER      where the charts go; none are drawn unless it is given
      --page            docs/performance.md shows what was measured, its charts are in docs/charts
      --from FILE       nothing is measured: the rows are those of an earlier run, from its --json
      --json            one object on standard output: rows, summary, aims, computer
      --list            the names of the rows, and nothing is measured
  -h, --help            this text
`;

export interface Options {
  readonly only: RegExp;
  readonly quick: boolean;
  readonly out: string | null;
  readonly page: boolean;
  readonly from: string | null;
  readonly json: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

const table: Readonly<Record<string, Row>> = {
  only: { value: 'TEXT' },
  quick: {},
  out: { value: 'TEXT' },
  page: {},
  from: { value: 'TEXT' },
  json: {},
  list: {},
  help: { short: 'h' },
};

/** What is asked for; throws a UsageError. */
export function readArguments(argv: readonly string[]): Options {
  const { values, positionals } = readWords(argv, table);
  const [word] = positionals;
  if (word !== undefined) throw new UsageError(`expected options, found "${word}"`);
  return {
    only: patternOf(textOf(values['only']) ?? ''),
    quick: values['quick'] === true,
    out: textOf(values['out']) ?? null,
    page: values['page'] === true,
    from: textOf(values['from']) ?? null,
    json: values['json'] === true,
    list: values['list'] === true,
    help: values['help'] === true,
  };
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--only: expected a regular expression, found "${text}": ${error}`);
  }
}
