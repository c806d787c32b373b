/** `epollsim compare`: where two kernels part; without a file, a search for where they do. */
import { compareFile, partingJson, partingText } from '../src/cli/compare.ts';
import {
  type CompareRequest,
  kernelText,
  readCompareArguments,
} from '../src/cli/compare_options.ts';
import { type ExitCode, exitCodes } from '../src/cli/errors.ts';
import { refuseInputs } from '../src/cli/input.ts';
import { Output } from '../src/cli/output.ts';
import { Progress } from '../src/cli/progress.ts';
import {
  type CommitId,
  commits,
  type KernelChoice,
  patchedKernel,
  rankOf,
} from '../src/kernel/history.ts';
import { partingOf } from '../src/scenario/parting.ts';
import { parsed, writtenText } from '../src/scenario/written.ts';
import type { Document } from './fuzz/document.ts';
import { findParting } from './partings.ts';

export async function compareKernels(argv: readonly string[]): Promise<ExitCode> {
  const request = readCompareArguments(argv);
  if (request.file !== null && request.output !== undefined) {
    refuseInputs([request.file], request.output, '--output');
  }
  const output = new Output(request.output);
  try {
    if (request.file === null) return await search(request, output);
    return await compareFile(request.file, request, output);
  } finally {
    output.close();
  }
}

/** What is told of one commit; null for all that tell the kernels apart, together. */
interface Found {
  readonly commit: CommitId | null;
  readonly document: Document | null;
}

async function search(request: CompareRequest, output: Output): Promise<ExitCode> {
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once('SIGINT', stop);
  const progress = new Progress(request.json);
  let code: ExitCode = exitCodes.done;
  const between = apart(request);
  // What one commit does another one may hide.
  for (const commit of between.length === 1 ? between : [null, ...between]) {
    if (stopped) break;
    const [left, right] = commit === null ? request.kernels : around(commit, request);
    const end = performance.now() + request.seconds * 1000;
    const document = await findParting({
      left,
      right,
      seed: request.seed,
      count: request.count,
      isOver: () => stopped || performance.now() > end,
      tried: (count) => progress.show(() => `${commit ?? 'both kernels'}: ${count} scenarios`),
    });
    progress.clear();
    if (document !== null) code = exitCodes.failed;
    tell({ commit, document }, [left, right], request, output);
  }
  process.off('SIGINT', stop);
  return stopped ? exitCodes.interrupted : code;
}

/** The commits that one of the kernels has and the other has not, the oldest first. */
function apart({ kernels: [left, right] }: CompareRequest): CommitId[] {
  const [one, other] = [patchedKernel(left), patchedKernel(right)];
  return (Object.keys(commits) as CommitId[])
    .filter((id) => one[id] !== other[id])
    .sort((a, b) => rankOf(commits[a].release) - rankOf(commits[b].release));
}

/** The second kernel without and with the commit, in the order of the two kernels. */
function around(
  commit: CommitId,
  { kernels: [left, right] }: CompareRequest,
): readonly [KernelChoice, KernelChoice] {
  const without = (list: readonly string[] = []): string[] => list.filter((id) => id !== commit);
  const base = { kernel: right.kernel, with: without(right.with), without: without(right.without) };
  const inRelease = patchedKernel(base)[commit];
  const has = inRelease ? base : { ...base, with: [...base.with, commit] };
  const lacks = inRelease ? { ...base, without: [...base.without, commit] } : base;
  return patchedKernel(left)[commit] ? [has, lacks] : [lacks, has];
}

const allOf = (
  kernels: readonly [KernelChoice, KernelChoice],
): { readonly release: null; readonly title: string } => ({
  release: null,
  title: `${kernels.map(kernelText).join(' and ')}, with all commits that tell them apart`,
});

function tell(
  { commit, document }: Found,
  kernels: readonly [KernelChoice, KernelChoice],
  request: CompareRequest,
  output: Output,
): void {
  const { release, title } = commit === null ? allOf(kernels) : commits[commit];
  const scenario = document === null ? null : parsed(document);
  const parting = scenario === null ? null : partingOf(scenario, ...kernels);
  const about = { ...request, kernels };
  if (request.json) {
    const told = JSON.parse(partingJson(document?.name ?? null, about, parting)) as object;
    output.write(`${JSON.stringify({ commit, title, release, ...told, scenario: document })}\n`);
  } else {
    output.write(commit === null ? `${title}\n` : `${commit} (${release}) ${title}\n`);
    if (document === null || scenario === null) {
      output.write(
        `  no scenario found on which ${kernels.map(kernelText).join(' and ')} differ\n\n`,
      );
    } else {
      output.write(`${writtenText(document)}\n${partingText(scenario, about, parting)}\n`);
    }
  }
  output.flush();
}
