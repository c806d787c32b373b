/** The verbs `play` and `help`, and `--version`. */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { packageFile } from '../shared/home.ts';
import { readArguments } from './arguments.ts';
import { type ExitCode, exitCodes } from './errors.ts';

export async function main(argv: readonly string[]): Promise<ExitCode> {
  const request = readArguments(argv);
  if (request.verb === 'help') return await print((await import('./help.ts')).help);
  if (request.verb === 'version') return await print(`${version()}\n`);
  if (request.coverage) return await (await import('./covered.ts')).playCovered(request);
  if (request.format === 'perfetto' && isMainThread) {
    return await (await import('./interruptible.ts')).interruptible(argv);
  }
  const { play } = await import('./play.ts');
  return await play(request);
}

async function print(text: string): Promise<ExitCode> {
  const { Output } = await import('./output.ts');
  const output = new Output(undefined);
  output.write(text);
  output.close();
  return exitCodes.done;
}

const version = (): string =>
  (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
