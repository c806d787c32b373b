/** `epollsim strace`: the log that strace wrote of a program, explained by the model. */
import { setImmediate as turn } from 'node:timers/promises';
import { StraceReader, type StraceReport } from '../strace/reader.ts';
import {
  type StraceFormatName,
  strace as straceCommand,
  straceFormats,
} from './commands/strace.ts';
import { type ExitCode, exitCodes, FileError } from './errors.ts';
import { Input, refuseInputs } from './input.ts';
import { type KernelOptions, readKernel } from './kernel_options.ts';
import { choiceOf, readOptions, textOf } from './options.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import { makeView } from './strace_views.ts';

interface StraceRequest {
  readonly file: string;
  readonly format: StraceFormatName;
  readonly json: boolean;
  readonly output: string | undefined;
  readonly kernel: KernelOptions;
}

export async function strace(argv: readonly string[]): Promise<ExitCode> {
  const request = readRequest(argv);
  if (request.output !== undefined) refuseInputs([request.file], request.output, '--output');
  const output = new Output(request.output);
  try {
    return await read(request, output);
  } finally {
    output.close();
  }
}

function readRequest(argv: readonly string[]): StraceRequest {
  const { values, operands } = readOptions(argv, straceCommand);
  const [file = ''] = operands;
  return {
    file,
    format: choiceOf(values['format'], '--format', straceFormats) ?? 'table',
    json: values['json'] === true,
    output: textOf(values['output']),
    kernel: readKernel(values),
  };
}

async function read(request: StraceRequest, output: Output): Promise<ExitCode> {
  const input = new Input(request.file);
  refuseNoLog(input);
  const view = await makeView(request, input.name, output);
  const reader = new StraceReader({
    ...request.kernel,
    ...(view.row === undefined ? {} : { onRow: (row) => view.row?.(row, reader) }),
  });
  const interrupted = await feed(input, reader, request.json);
  input.close();
  const report = reader.end();
  refuseOtherText(report, input.name);
  view.end(report);
  if (interrupted) return exitCodes.interrupted;
  return isSound(report) ? exitCodes.done : exitCodes.failed;
}

/** Of a log without a line it could be said that all of it can be explained. */
function refuseNoLog(input: Input): void {
  const beginning = input.peek((text) => text.trim() !== '');
  const found =
    beginning.trim() === '' ? 'nothing' : beginning.includes('\0') ? 'binary data' : null;
  if (found !== null)
    throw new FileError(`${input.name}: expected a log of strace, found ${found}`);
}

/** The same of a text in which no line is one of strace's. */
function refuseOtherText(
  { calls, malformed, malformedCount, passedOver }: StraceReport,
  name: string,
): void {
  const [first] = malformed;
  if (first === undefined || calls > 0 || Object.keys(passedOver).length > 0) return;
  const none =
    malformedCount === 1
      ? 'a line that is no call'
      : `${malformedCount} lines, of which none is a call`;
  const where = `line ${first.line}: ${first.reason}`;
  throw new FileError(`${name}: expected a log of strace, found ${none} (${where})`);
}

const isSound = ({ unexplainedCount, findings }: StraceReport): boolean =>
  unexplainedCount === 0 && findings.every(({ level }) => level === 'information');

/** What is longer is no line of strace. */
const longestLine = 4 * 1024 * 1024;

/** Reads it to its end, or to Ctrl-C: true then. */
async function feed(input: Input, reader: StraceReader, forScripts: boolean): Promise<boolean> {
  const progress = new Progress(forScripts);
  let interrupted = false;
  const onSignal = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', onSignal);
  try {
    let rest = '';
    let lines = 0;
    for (;;) {
      const piece = interrupted ? null : await input.nextSoon();
      if (piece === null || interrupted) break;
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
