/** The tables of all verbs, each loaded when it is asked for, in the order of the help. */
import type { Command } from './command.ts';

export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['play', async () => (await import('./play.ts')).play],
  ['check', async () => (await import('./check.ts')).check],
  ['why', async () => (await import('./why.ts')).why],
  ['compare', async () => (await import('./compare.ts')).compare],
  ['worker', async () => (await import('./worker.ts')).worker],
  ['export', async () => (await import('./export.ts')).exportCommand],
  ['kernels', async () => (await import('./kernels.ts')).kernels],
  ['races', async () => (await import('./races.ts')).races],
  ['lab', async () => (await import('./lab.ts')).lab],
  ['strace', async () => (await import('./strace.ts')).strace],
  ['conform', async () => (await import('./conform.ts')).conform],
  ['fuzz', async () => (await import('./fuzz.ts')).fuzz],
  ['kit', async () => (await import('./kit.ts')).kit],
  ['completion', async () => (await import('./completion.ts')).completion],
  ['help', async () => (await import('./help.ts')).help],
]);

/** The tables of all of them. */
export const allCommands = (): Promise<Command[]> =>
  Promise.all([...commands.values()].map((load) => load()));
