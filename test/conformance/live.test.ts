/**
 * The model against the kernel that runs this test. Where there is none to be asked, that is said;
 * `.ci/run` plays the whole corpus and more random scenarios.
 */
import { expect, test } from 'vitest';
import { corpusFolder } from '../../conformance/corpus.ts';
import { mainRelease, runningKernel } from '../../conformance/kernels.ts';
import { whyNotLive } from '../../conformance/live.ts';
import { newestKernel } from '../../src/kernel/history.ts';
import { epollsim, lines, slow } from '../cli/run.ts';

const reason = whyNotLive();
const running = runningKernel();
/** On another release a difference is a finding about that release, and no failure. */
const isModelled = mainRelease(running) === newestKernel;

console.log(
  reason === null
    ? `live: the model is compared with Linux ${running}`
    : `live: skipped, the model is not compared with a running kernel: ${reason}`,
);

/** Compares, says what came of it, and fails where something differs. */
function expectEqual(args: readonly string[]): void {
  const { out, err } = epollsim([...args, '--json']);
  const objects = lines(out);
  console.log(`${args[0]}: ${objects.at(-1)}\n${err}`);
  const sum = JSON.parse(objects.at(-1) ?? '{}') as Readonly<Record<string, number>>;
  // A machine that is busy lets a race go either way now and then; that is counted, and no failure.
  const { scenarios, differs = sum['divergences'], hung, malformed = 0, findings = 0 } = sum;
  expect(scenarios).toBeGreaterThan(200);
  if (isModelled) {
    expect({
      differs,
      hung,
      malformed,
      findings,
      found: objects.slice(0, -1).filter(differing),
    }).toEqual({ differs: 0, hung: 0, malformed: 0, findings: 0, found: [] });
  }
}

/** What a failure is to show. */
const differing = (line: string): boolean => !/"verdict":"(?:equal|nondeterministic)"/.test(line);

/** Whoever relies on a recording that this kernel would not repeat. */
test.runIf(reason === null)(
  'The kernel answers a sample of the corpus like the model',
  slow,
  () => {
    const groups = ['classic', 'nested', 'scan', 'tcp', 'threads', 'udp'];
    const files = groups.map((group) => `${corpusFolder}/linux-6.18/${group}.scenarios.ndjson`);
    expectEqual(['conform', ...files]);
  },
);

/** Whoever does what nobody has written a case for. */
test.runIf(reason === null)('The kernel answers random scenarios like the model', slow, () => {
  const profiles =
    'basic,big,classic,dgram,errors,held,mixed,nested,tcp,threads,udp,unix,process,files';
  expectEqual(['fuzz', '--seed', '1', '--count', '300', '--profile', profiles]);
});
