/** `epollsim export`: a scenario or program, with kernel and schedule, from one form into another. */
import { existsSync } from 'node:fs';
import { programAnswer } from '../export/answer.ts';
import { type Artefact, ExportError, kernelOf, nameOf } from '../export/artefact.ts';
import { artefactToC } from '../export/c.ts';
import { fromCommandLine, looksLikeCommandLine, toCommandLine } from '../export/command.ts';
import { fromLink, looksLikeLink, toLink } from '../export/link.ts';
import { fromTest, looksLikeTest, toTest } from '../export/vitest.ts';
import { readDocuments } from '../scenario/documents.ts';
import { type Written, writtenText } from '../scenario/written.ts';
import { nameIn } from './documents.ts';
import { type ExitCode, exitCodes, say, UsageError } from './errors.ts';
import { withProgram } from './given_program.ts';
import { Input, refuseInputs, userPath } from './input.ts';
import { type KernelOptions, kernelOptions, readKernel } from './kernel_options.ts';
import { isProgram } from './kind.ts';
import { loadText } from './loader.ts';
import { numberOf, readOptions, textOf } from './options.ts';
import { Output } from './output.ts';
import { kernelOf as kernelOfSchedule, scheduleOf } from './schedules.ts';

const forms = ['c', 'test', 'command', 'link', 'file'] as const;
type Form = (typeof forms)[number];

export const exportHelp: string = `usage: epollsim export --to FORM [options] FILE
       epollsim export --to FORM [options] LINK

Turns a scenario or a program, with its kernel and its schedule, from one form into another. What is
given shows in its content: a file with scenarios or a program (- is standard input), a link, a command
line or a test that this verb made.

      --to FORM         c        a program for Linux that prints the transcript (scenarios only)
                        test     a test for vitest
                        command  a command line for the shell
                        link     the fragment of a link: #v1.…
                        file     the scenario or program itself
  -o, --output FILE     where to print it (default: standard output)

      --name NAME       which scenario, where the file has several
      --kernel RELEASE  the kernel to model; and --with COMMIT, --without COMMIT, as in play
      --schedule FILE   the schedule of a program or a concurrent scenario, as check prints it
      --loops N         of C, how often a concurrent scenario is played unless the program is told
                        otherwise (default: 10000)

  -h, --help            this text

exit codes:
  0  it was exported
  1  the input is malformed, or has no such form
  2  the command line is wrong, or a file cannot be read or written
`;

const options = {
  ...kernelOptions,
  to: { type: 'string' },
  output: { type: 'string', short: 'o' },
  name: { type: 'string' },
  schedule: { type: 'string' },
  loops: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface Request {
  readonly from: string;
  readonly to: Form;
  readonly output: string | undefined;
  readonly name: string | undefined;
  readonly schedule: string | undefined;
  readonly loops: number | undefined;
  readonly kernel: KernelOptions;
}

export async function exportArtefact(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = readOptions(argv, options);
  if (values['help'] === true) return print(exportHelp, undefined);
  const request = readRequest(values, positionals);
  if (request.output !== undefined && existsSync(userPath(request.from))) {
    refuseInputs([request.from], request.output, '--output');
  }
  try {
    const artefact = given(request);
    return await write(artefact, request);
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    say(error.message);
    return exitCodes.failed;
  }
}

function readRequest(
  values: Readonly<Record<string, unknown>>,
  [verb, from, ...rest]: readonly string[],
): Request {
  const to = textOf(values['to']);
  if (verb !== 'export' || from === undefined || rest.length > 0) {
    const found =
      rest.length > 0 ? `"${rest[0]}" besides` : from === undefined ? 'none' : `"${verb}"`;
    throw new UsageError(`export: expected one file or link, found ${found}`);
  }
  if (to === undefined) throw new UsageError(`export: expected --to ${forms.join('|')}`);
  if (!isForm(to)) throw new UsageError(`--to: expected ${forms.join(', ')}, found "${to}"`);
  return {
    from,
    to,
    output: textOf(values['output']),
    name: textOf(values['name']),
    schedule: textOf(values['schedule']),
    loops: numberOf(values['loops'], '--loops', 1, 1_000_000_000),
    kernel: readKernel(values),
  };
}

const isForm = (text: string): text is Form => (forms as readonly string[]).includes(text);

/** What the command line speaks of. */
function given(request: Request): Artefact {
  const { from, name } = request;
  if (!existsSync(userPath(from)) && looksLikeLink(from)) return chosen(fromLink(from), request);
  if (looksLikeCommandLine(from)) return chosen(fromCommandLine(from), request);
  const input = new Input(from);
  const text = input.rest();
  input.close();
  if (looksLikeTest(text)) return chosen(fromTest(text), request);
  if (looksLikeCommandLine(text)) return chosen(fromCommandLine(text.trimEnd()), request);
  if (looksLikeLink(text)) return chosen(fromLink(text), request);
  if (isProgram(from, text)) return chosen({ program: wholeProgram(text, input.name) }, request);
  return chosen({ scenario: scenarioIn(text, name, input.name) }, request);
}

/** A program goes alone: what it imports from files beside it would not be there. */
function wholeProgram(text: string, name: string): string {
  const beside = /^\s*(?:import|export)\b[^;'"]*['"](\.{1,2}\/[^'"]*)['"]/m.exec(text)?.[1];
  if (beside === undefined) return text;
  throw new ExportError(
    `${name}: the program imports ${beside}, which would stay behind; expected one file that imports packages only`,
  );
}

/** The document of a batch that is asked for. */
function scenarioIn(text: string, name: string | undefined, where: string): unknown {
  const documents = readDocuments(text);
  const names = documents.map(nameIn);
  const wanted = documents.filter((_, i) => name === undefined || names[i] === name);
  const [first] = wanted;
  const known = names.filter((one) => one !== null).slice(0, 8);
  if (first === undefined) {
    if (documents.length === 0)
      throw new ExportError(`${where}: expected a scenario, found nothing`);
    throw new ExportError(
      `${where}: no scenario is named "${name}"; there are ${known.join(', ')}`,
    );
  }
  if (wanted.length > 1) {
    const by =
      name === undefined ? `say which by --name: ${known.join(', ')}` : 'the first has to go';
    throw new ExportError(`${where}: ${wanted.length} scenarios; ${by}`);
  }
  if (first.error === undefined) return first.value;
  const hint = first.error.hint === undefined ? '' : `: ${first.error.hint}`;
  throw new ExportError(`${where}:${first.line}: ${first.error.message}${hint}`);
}

/** With the kernel and the schedule that the command line asks for instead of its own. */
function chosen(artefact: Artefact, { kernel, schedule: file }: Request): Artefact {
  const schedule = scheduleOf(file);
  const asked = kernelOfSchedule(schedule, kernel);
  const isAsked = asked.kernel !== undefined || asked.with.length + asked.without.length > 0;
  return {
    ...artefact,
    ...(isAsked && asked.kernel !== undefined ? { kernel: asked.kernel } : {}),
    ...(isAsked ? { with: asked.with, without: asked.without } : {}),
    ...(schedule === undefined ? {} : { schedule: schedule.text }),
  };
}

async function write(artefact: Artefact, request: Request): Promise<ExitCode> {
  const { to, output, loops } = request;
  if (to === 'c') {
    return print(artefactToC(artefact, loops === undefined ? {} : { loops }), output);
  }
  if (to === 'link') return print(`${toLink(artefact)}\n`, output);
  if (to === 'command') return print(`${toCommandLine(artefact)}\n`, output);
  if (to === 'file') return writeFile(artefact, output);
  if (artefact.program === undefined) return print(toTest(artefact), output);
  const { program, schedule } = artefact;
  return await withProgram(
    request.from,
    () => loadText(program, request.from),
    async (loaded) => {
      const expected = programAnswer(loaded, { ...kernelOf(artefact), schedule });
      return print(toTest(artefact, { expected }), output);
    },
  );
}

/** The file alone; what it cannot hold is said, or with -o written beside it. */
function writeFile(artefact: Artefact, output: string | undefined): ExitCode {
  const { kernel, with: added = [], without = [], schedule, program } = artefact;
  const code = print(program ?? writtenText(artefact.scenario as Written), output);
  if (schedule !== undefined && output !== undefined) print(schedule, `${output}.schedule`);
  const left = [
    ...(kernel === undefined ? [] : [`--kernel ${kernel}`]),
    ...added.map((id) => `--with ${id}`),
    ...without.map((id) => `--without ${id}`),
    ...(schedule === undefined
      ? []
      : [`--schedule ${output === undefined ? 'FILE' : `${output}.schedule`}`]),
  ];
  if (left.length > 0) say(`${nameOf(artefact) ?? 'it'} goes with ${left.join(' ')}`);
  return code;
}

function print(text: string, path: string | undefined): ExitCode {
  const output = new Output(path);
  output.write(text);
  output.close();
  return exitCodes.done;
}
