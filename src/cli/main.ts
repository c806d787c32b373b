#!/usr/bin/env node
/** The command `epollsim`. */
import { readFileSync } from 'node:fs';
import { readArguments } from './arguments.ts';
import { type ExitCode, exitCodes, report } from './errors.ts';

async function run(argv: readonly string[]): Promise<ExitCode> {
  const request = readArguments(argv);
  if (request.verb === 'help') return await print((await import('./help.ts')).help);
  if (request.verb === 'version') return await print(`${version()}\n`);
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

/** package.json is two levels above, in the sources as in dist. */
function version(): string {
  const path = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
