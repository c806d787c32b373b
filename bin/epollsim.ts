#!/usr/bin/env node
/** The command `epollsim`: its verbs, each of which loads its own code and no other's. */
import { type ExitCode, report } from '../src/cli/errors.ts';

type Verb = (argv: readonly string[]) => Promise<ExitCode>;

const main: Verb = async (argv) => (await import('../src/cli/main.ts')).main(argv);

const verbs: ReadonlyMap<string, Verb> = new Map([
  ['play', main],
  ['help', main],
  ['check', async (argv) => (await import('../src/cli/check.ts')).check(argv)],
  ['why', async (argv) => (await import('../src/cli/why.ts')).why(argv)],
  [
    'compare',
    async (argv) => (await import('../conformance/compare_kernels.ts')).compareKernels(argv),
  ],
  ['worker', async (argv) => (await import('../src/cli/queue/worker.ts')).worker(argv)],
  ['export', async (argv) => (await import('../src/cli/export.ts')).exportArtefact(argv)],
  ['kernels', async (argv) => (await import('../src/cli/kernels.ts')).kernels(argv)],
  ['races', async (argv) => (await import('../src/cli/races.ts')).races(argv)],
  ['strace', async (argv) => (await import('../src/cli/strace.ts')).strace(argv)],
  ['conform', async (argv) => (await import('../conformance/conform.ts')).conform(argv)],
  ['kit', async (argv) => (await import('../conformance/pack_kit.ts')).packKit(argv)],
  ['fuzz', async (argv) => (await import('../conformance/fuzz.ts')).fuzz(argv)],
]);

const argv = process.argv.slice(2);
const verb = argv.find((word) => verbs.has(word)) ?? 'play';

try {
  process.exitCode = await (verbs.get(verb) ?? main)(argv);
} catch (error) {
  process.exitCode = report(error, verb);
}
