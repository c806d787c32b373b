/** `epollsim strace`: the log that strace wrote of a program, explained by the model. */
import { setImmediate as turn } from 'node:timers/promises';
import { defaultKernel, newestKernel, oldestKernel } from '../kernel/history.ts';
import { StraceReader, type StraceReport } from '../strace/reader.ts';
import { type ExitCode, exitCodes, UsageError } from './errors.ts';
import { Input, refuseInputs } from './input.ts';
import { type KernelOptions, kernelOptions, readKernel } from './kernel_options.ts';
import { readOptions, textOf } from './options.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import { makeView, type StraceFormatName, straceFormats } from './strace_views.ts';

export const straceHelp: string = `usage: epollsim strace [options] FILE

Reads what strace printed of a program (strace -f -yy -tt -o FILE PROGRAM, or any other options;
- is standard input), makes its calls on the model, and shows the state after each as play does.
What happened outside of the log (a client connects, sends, closes) is inferred from the results.
At the end: what cannot be explained, and what the program does wrong.

  -f, --format FORMAT   what to print before that (default: table)
        table             a row a call: line, state after it, what happened outside, the call
        state             trees, lists, queues and who sleeps where, after each call
        findings          nothing: only what was found
      --json            a JSON object a line: calls, and then what was found
  -o, --output FILE     where to print it (default: standard output)

      --kernel RELEASE  the kernel to model, ${oldestKernel} to ${newestKernel} (default: ${defaultKernel})
      --with COMMIT     and with a commit that the release does not have
      --without COMMIT  and without one that it has

  -h, --help            this text

exit codes:
  0  nothing was found but what is for information
  1  a bug, something suspicious, or something that cannot be explained
  2  the command line is wrong, or a file cannot be read or written
  130  Ctrl-C; what was found up to there is printed
`;

const options = {
  ...kernelOptions,
  format: { type: 'string', short: 'f' },
  json: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface StraceRequest {
  readonly file: string;
  readonly format: StraceFormatName;
  readonly json: boolean;
  readonly output: string | undefined;
  readonly kernel: KernelOptions;
}

export async function strace(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = readOptions(argv, options);
  if (values['help'] === true) {
    const output = new Output(undefined);
    output.write(straceHelp);
    output.close();
    return exitCodes.done;
  }
  const request = readRequest(values, positionals);
  if (request.output !== undefined) refuseInputs([request.file], request.output, '--output');
  const output = new Output(request.output);
  try {
    return await read(request, output);
  } finally {
    output.close();
  }
}

function readRequest(
  values: Readonly<Record<string, unknown>>,
  [verb, file, ...rest]: readonly string[],
): StraceRequest {
  if (verb !== 'strace' || file === undefined || rest.length > 0) {
    const found =
      verb !== 'strace' ? `"${verb}"` : file === undefined ? 'none' : `"${rest[0]}" too`;
    throw new UsageError(`strace: expected one file, found ${found}`);
  }
  const format = textOf(values['format']) ?? 'table';
  if (!straceFormats.includes(format as StraceFormatName)) {
    throw new UsageError(
      `--format: expected one of ${straceFormats.join(', ')}, found "${format}"`,
    );
  }
  return {
    file,
    format: format as StraceFormatName,
    json: values['json'] === true,
    output: textOf(values['output']),
    kernel: readKernel(values),
  };
}

async function read(request: StraceRequest, output: Output): Promise<ExitCode> {
  const input = new Input(request.file);
  const view = await makeView(request, input.name, output);
  const reader = new StraceReader({
    ...request.kernel,
    ...(view.row === undefined ? {} : { onRow: (row) => view.row?.(row, reader) }),
  });
  const interrupted = await feed(input, reader);
  input.close();
  const report = reader.end();
  view.end(report);
  if (interrupted) return exitCodes.interrupted;
  return isSound(report) ? exitCodes.done : exitCodes.failed;
}

const isSound = ({ unexplainedCount, findings }: StraceReport): boolean =>
  unexplainedCount === 0 && findings.every(({ level }) => level === 'information');

/** What is longer is no line of strace. */
const longestLine = 4 * 1024 * 1024;

/** Reads it to its end, or to Ctrl-C: true then. */
async function feed(input: Input, reader: StraceReader): Promise<boolean> {
  const progress = new Progress();
  let interrupted = false;
  const onSignal = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', onSignal);
  try {
    let rest = '';
    let lines = 0;
    for (let piece = input.next(); piece !== null && !interrupted; piece = input.next()) {
      const parts = (rest + piece).split('\n');
      rest = (parts.pop() as string).slice(0, longestLine);
      for (const line of parts) reader.push(line);
      lines += parts.length;
      progress.show(() => `${lines} lines`);
      await turn();
    }
    if (rest !== '' && !interrupted) reader.push(rest);
    return interrupted;
  } finally {
    progress.clear();
    process.off('SIGINT', onSignal);
  }
}
