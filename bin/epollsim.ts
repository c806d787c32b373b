#!/usr/bin/env node
/** The command `epollsim`: its verbs, each of which loads its own code and no other's. */
import { main, type Verb } from '../src/cli/main.ts';

const verbs: ReadonlyMap<string, Verb> = new Map([
  ['play', async (argv) => (await import('../src/cli/play_verb.ts')).playVerb(argv)],
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
  ['lab', async (argv) => (await import('../src/cli/lab/lab.ts')).lab(argv)],
  ['strace', async (argv) => (await import('../src/cli/strace.ts')).strace(argv)],
  ['conform', async (argv) => (await import('../conformance/conform.ts')).conform(argv)],
  ['kit', async (argv) => (await import('../conformance/pack_kit.ts')).packKit(argv)],
  ['fuzz', async (argv) => (await import('../conformance/fuzz.ts')).fuzz(argv)],
  ['completion', async (argv) => (await import('../src/cli/completion.ts')).completion(argv)],
  ['help', async (argv) => (await import('../src/cli/helping.ts')).help(argv)],
]);

process.exitCode = await main(process.argv.slice(2), verbs);
