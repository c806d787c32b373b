/** `epollsim play`: reads what is asked for, and loads no more than that needs. */
import { isMainThread } from 'node:worker_threads';
import { readArguments } from './arguments.ts';
import type { ExitCode } from './errors.ts';

export async function playVerb(argv: readonly string[]): Promise<ExitCode> {
  const request = readArguments(argv);
  if (request.coverage) return await (await import('./covered.ts')).playCovered(request);
  if (request.format === 'perfetto' && isMainThread) {
    return await (await import('./interruptible.ts')).interruptible(argv);
  }
  return await (await import('./play.ts')).play(request);
}
