/** `epollsim export`: a scenario or program, with kernel and schedule, from one form into another. */
import { existsSync } from 'node:fs';
import { withPauses } from '../async/turn.ts';
import { type Artefact, ExportError, kernelOf, nameOf } from '../export/artefact.ts';
import { artefactToC } from '../export/c.ts';
import { fromCommandLine, looksLikeCommandLine, toCommandLine } from '../export/command.ts';
import { fromLink, looksLikeLink, toLink } from '../export/link.ts';
import { answeringProgram } from '../export/program_answer.ts';
import { fromTest, looksLikeTest, toTest } from '../export/vitest.ts';
import { readDocuments } from '../scenario/documents.ts';
import { type Written, writtenText } from '../scenario/written.ts';
import { namesOf } from './commands/command.ts';
import { exportCommand, type Form, forms } from './commands/export.ts';
import { checkRan, type GivenProgram } from './default_export.ts';
import { nameIn, nothingIn } from './documents.ts';
import { type ExitCode, exitCodes, FileError, say, UsageError } from './errors.ts';
import { withProgram } from './given_program.ts';
import { Input, refuseInputs, userPath } from './input.ts';
import { type KernelOptions, readKernel } from './kernel_options.ts';
import { isModule, isProgram, kindOf } from './kind.ts';
import { importProgram, loadText } from './loader.ts';
import { choiceOf, numberOf, readOptions, textOf } from './options.ts';
import { print } from './output.ts';
import { kernelOf as kernelOfSchedule, scheduleOf } from './schedules.ts';

interface Request {
  readonly from: string;
  readonly to: Form;
  readonly json: boolean;
  readonly output: string | undefined;
  readonly name: string | undefined;
  readonly schedule: string | undefined;
  readonly loops: number | undefined;
  readonly kernel: KernelOptions;
}

export async function exportArtefact(argv: readonly string[]): Promise<ExitCode> {
  const request = readRequest(argv);
  if (request.output !== undefined && existsSync(userPath(request.from))) {
    refuseInputs([request.from], request.output, '--output');
  }
  try {
    const { artefact, isOwn } = given(request);
    const { program } = artefact;
    // What comes in a link is loaded for a test alone: whoever wants its text may want to read it first.
    if (program === undefined || (!isOwn && request.to !== 'test')) {
      return write(artefact, request, null);
    }
    const { from } = request;
    const name = from === '-' ? 'standard input' : from;
    const load = (): Promise<GivenProgram> =>
      isOwn && isModule(from) ? importProgram(userPath(from)) : loadText(program, name);
    return await withProgram(name, load, async (loaded) => write(artefact, request, loaded));
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    say(error.message);
    return exitCodes.failed;
  }
}

function readRequest(argv: readonly string[]): Request {
  const { values, operands } = readOptions(argv, exportCommand);
  const [from = ''] = operands;
  const to = choiceOf(values['to'], '--to', forms);
  if (to === undefined) throw new UsageError(`export: expected --to ${namesOf(forms).join('|')}`);
  return {
    from,
    to,
    json: values['json'] === true,
    output: textOf(values['output']),
    name: textOf(values['name']),
    schedule: textOf(values['schedule']),
    loops: numberOf(values['loops'], '--loops', 1, 1_000_000_000),
    kernel: readKernel(values),
  };
}

/** What the command line speaks of. */
interface Given {
  readonly artefact: Artefact;
  /** Is it a program as somebody wrote it, and not out of something that was exported? */
  readonly isOwn: boolean;
}

function given(request: Request): Given {
  const { from, name } = request;
  const made = (artefact: Artefact): Given => ({
    artefact: chosen(artefact, request),
    isOwn: false,
  });
  if (!existsSync(userPath(from)) && looksLikeLink(from)) return made(fromLink(from));
  if (looksLikeCommandLine(from)) return made(fromCommandLine(from));
  const input = new Input(from);
  kindOf(from, input);
  const text = input.rest();
  input.close();
  if (looksLikeTest(text)) return made(fromTest(text));
  if (looksLikeCommandLine(text)) return made(fromCommandLine(text.trimEnd()));
  if (looksLikeLink(text)) return made(fromLink(text));
  return isProgram(from, text)
    ? { ...made({ program: wholeProgram(text, input.name) }), isOwn: true }
    : made({ scenario: scenarioIn(text, name, input.name) });
}

/** A program goes alone: what it imports from files beside it would not be there. */
function wholeProgram(text: string, name: string): string {
  const beside =
    /(?:^\s*(?:import|export)\b[^;'"]*|\brequire\s*\(\s*)['"](\.{1,2}\/[^'"]*)['"]/m.exec(
      text,
    )?.[1];
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
    if (documents.length === 0) throw new FileError(nothingIn(where));
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

/** `loaded`: the program, where it is one and was loaded. */
async function write(
  artefact: Artefact,
  request: Request,
  loaded: GivenProgram | null,
): Promise<ExitCode> {
  const { to, loops } = request;
  const tell = (text: string): ExitCode => told(text, artefact, request);
  if (to === 'c') return tell(artefactToC(artefact, loops === undefined ? {} : { loops }));
  if (to === 'link') return tell(`${toLink(artefact)}\n`);
  if (to === 'command') return tell(`${toCommandLine(artefact)}\n`);
  if (to === 'file') return writeFile(artefact, request);
  return tell(loaded === null ? toTest(artefact) : await programTest(artefact, loaded));
}

/** Throws an ExportError for CommonJS: what a test imports stands below the program, in its file. */
async function programTest(artefact: Artefact, loaded: GivenProgram): Promise<string> {
  const { isAsync, isCommonJs, program } = loaded;
  if (isCommonJs) {
    throw new ExportError(
      '--to test: expected an ES module (import, export default), found CommonJS (require, module.exports)',
    );
  }
  const { schedule } = artefact;
  const expected = await withPauses(answeringProgram(program, { ...kernelOf(artefact), schedule }));
  checkRan(loaded);
  return toTest(artefact, { expected, isAsync });
}

/** Prints the text, or the object that --json asks for. */
function told(text: string, artefact: Artefact, { json, output, to }: Request): ExitCode {
  print(json ? `${exportJson(text, artefact, to)}\n` : text, output);
  return exitCodes.done;
}

function exportJson(text: string, artefact: Artefact, to: Form): string {
  const { kernel = null, with: added = [], without = [], schedule = null } = artefact;
  const name = nameOf(artefact) ?? null;
  return JSON.stringify({ to, name, kernel, with: added, without, schedule, text });
}

/** The file alone; what it cannot hold is said, or with -o written beside it. */
function writeFile(artefact: Artefact, request: Request): ExitCode {
  const { kernel, with: added = [], without = [], schedule, program } = artefact;
  const { json, output } = request;
  const code = told(program ?? writtenText(artefact.scenario as Written), artefact, request);
  if (json) return code;
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
