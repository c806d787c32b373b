/** `epollsim why`: why a step came to what it did, and why an event did not come. */
import { withPauses } from '../async/turn.ts';
import type { ScenarioDocument } from '../scenario/documents.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { answering, type WhyOptions } from '../scenario/why.ts';
import { ScheduleMismatch } from '../sim/schedule.ts';
import { toJson } from '../trace/values.ts';
import type { Answer } from '../why/answer.ts';
import { whyText } from '../why/text.ts';
import { checkRan, type GivenProgram } from './default_export.ts';
import { documentsIn, nameIn, nothingIn } from './documents.ts';
import { type ExitCode, exitCodes, FileError, UsageError } from './errors.ts';
import { coloursFor } from './formats.ts';
import { withProgram } from './given_program.ts';
import { Input, refuseInputs } from './input.ts';
import { kindOf } from './kind.ts';
import { loadProgram } from './loader.ts';
import { Output } from './output.ts';
import { readWhyArguments, type WhyRequest } from './why_options.ts';

export async function why(argv: readonly string[]): Promise<ExitCode> {
  const request = readWhyArguments(argv);
  if (request.output !== undefined) refuseInputs([request.file], request.output, '--output');
  const output = new Output(request.output);
  try {
    return await answerFor(request, output);
  } finally {
    output.close();
  }
}

async function answerFor(request: WhyRequest, output: Output): Promise<ExitCode> {
  const input = new Input(request.file);
  if (kindOf(request.file, input) === 'scenarios') {
    await show(scenarioIn(input, request), request, output);
    return exitCodes.done;
  }
  const loading = (): Promise<GivenProgram> => loadProgram(request.file, input);
  return await withProgram(input.name, loading, (given) => show(given, request, output));
}

async function show(
  subject: Scenario | GivenProgram,
  { json, options }: WhyRequest,
  output: Output,
): Promise<ExitCode> {
  const answer = await asked(subject, options);
  output.write(json ? `${toJson(answer)}\n` : whyText(answer, await coloursFor(output)));
  return exitCodes.done;
}

async function asked(subject: Scenario | GivenProgram, options: WhyOptions): Promise<Answer> {
  const isProgram = 'program' in subject;
  try {
    return await withPauses(answering(isProgram ? subject.program : subject, options));
  } catch (error) {
    if (isProgram) checkRan(subject);
    if (error instanceof RangeError) throw new UsageError(error.message);
    if (error instanceof ScheduleMismatch) throw new FileError(`--schedule: ${error.message}`);
    throw error;
  }
}

const someNames = (documents: readonly ScenarioDocument[]): string[] =>
  documents.slice(0, 8).map((one) => `"${nameIn(one)}"`);

/** The scenario that is meant: the only one, or the one of that name. */
function scenarioIn(input: Input, { name }: WhyRequest): Scenario {
  const documents = documentsIn(input);
  const fitting = documents.filter((one) => name === undefined || nameIn(one) === name);
  const [document] = fitting;
  if (documents.length === 0) throw new FileError(nothingIn(input.name));
  if (document === undefined) {
    const some = someNames(documents);
    const more =
      documents.length > some.length ? ` and ${documents.length - some.length} others` : '';
    throw new FileError(
      `${input.name}: expected a scenario called "${name}", found ${some.join(', ')}${more}`,
    );
  }
  if (fitting.length > 1 && name === undefined) {
    const names = someNames(documents);
    throw new UsageError(
      `--name: expected which of ${documents.length} scenarios, such as ${names.join(', ')}`,
    );
  }
  const { error, line, scenario } = document;
  if (scenario !== undefined) return scenario;
  throw new FileError(`${input.name}:${line}: ${error.message}`);
}
