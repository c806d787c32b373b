/** `epollsim compare FILE`: where two kernels part, and why on either side. */
import type { ScenarioDocument } from '../scenario/documents.ts';
import { type Parting, partingOf } from '../scenario/parting.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type Colours, noColours } from '../trace/format.ts';
import { toJson } from '../trace/values.ts';
import { findingLines } from '../why/text.ts';
import { type CompareRequest, kernelText } from './compare_options.ts';
import { documentsIn, nameIn, nothingIn } from './documents.ts';
import { type ExitCode, exitCodes, FileError, say } from './errors.ts';
import { coloursFor } from './formats.ts';
import { Input } from './input.ts';
import { kindOf } from './kind.ts';
import type { Output } from './output.ts';

/** Compares the scenarios of a file. */
export async function compareFile(
  file: string,
  request: CompareRequest,
  output: Output,
): Promise<ExitCode> {
  const input = new Input(file);
  if (kindOf(file, input) === 'program') {
    throw new FileError(
      `${input.name}: expected scenarios, found a program: epollsim check --kernel RELEASE, once for each ` +
        'kernel, shows what it returns and what is found',
    );
  }
  const colours = await coloursFor(output);
  let code: ExitCode = exitCodes.done;
  for (const document of wantedIn(input, request.name)) {
    const { scenario } = document;
    if (scenario === undefined) {
      say(`${input.name}:${document.line}: ${document.error.message}`);
      code = exitCodes.failed;
      continue;
    }
    const [left, right] = request.kernels;
    const parting = partingOf(scenario, left, right);
    if (parting !== null) code = exitCodes.failed;
    output.write(
      request.json
        ? `${partingJson(scenario.name, request, parting)}\n`
        : partingText(scenario, request, parting, colours),
    );
    output.flush();
  }
  return code;
}

function wantedIn(input: Input, name: string | undefined): ScenarioDocument[] {
  const wanted = documentsIn(input).filter((one) => name === undefined || nameIn(one) === name);
  if (wanted.length > 0) return wanted;
  if (name === undefined) throw new FileError(nothingIn(input.name));
  throw new FileError(`${input.name}: expected a scenario called "${name}", found none`);
}

export function partingJson(
  name: string | null,
  { kernels }: CompareRequest,
  parting: Parting | null,
): string {
  return toJson({ name, kernels: kernels.map(kernelText), parts: parting !== null, ...parting });
}

export function partingText(
  { name, steps }: Scenario,
  { kernels }: CompareRequest,
  parting: Parting | null,
  colours: Colours = noColours,
): string {
  const [left, right] = kernels.map(kernelText);
  const title = name ?? 'a scenario without a name';
  if (parting === null) return `${title}: ${left} and ${right} do not part\n`;
  const { complete, kind, sides, step } = parting;
  const where =
    step === null
      ? 'have different outcomes'
      : `part at step ${step}, ${steps[step]?.call ?? ''} (${kind})`;
  const lines = [`${colours.bold(title)}: ${left} and ${right} ${where}`];
  if (!complete) lines.push('  not every interleaving was covered');
  for (const [i, { because, texts }] of sides.entries()) {
    const kernel = i === 0 ? left : right;
    lines.push('', colours.bold(`on ${kernel}:`));
    lines.push(...shown(texts, step).map((text) => `  ${text}`));
    for (const reason of because)
      lines.push(...findingLines(reason, colours).map((one) => `  ${one}`));
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Of a transcript the entries of the step; of outcomes all. */
function shown(texts: readonly string[], step: number | null): readonly string[] {
  if (step === null) return texts.length === 0 ? ['nothing that the other one has not'] : texts;
  const { error, results = [] } = JSON.parse(texts[0] ?? '{}') as {
    error?: string;
    results?: { step: number; after?: number }[];
  };
  const own = results.filter((entry) => (entry.after ?? entry.step) === step);
  return [...own.map((entry) => JSON.stringify(entry)), ...(error === undefined ? [] : [error])];
}
