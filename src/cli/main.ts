/** Which verb a command line is for; and what all verbs have: help, and messages where they are wrong. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../shared/home.ts';
import { inWords } from '../syscalls/found.ts';
import { nearHint } from '../syscalls/near.ts';
import { commands } from './commands/index.ts';
import { type ExitCode, exitCodes, report, say, UsageError } from './errors.ts';
import { framesOf } from './stack.ts';

/** What a verb does with the words of its command line. */
export type Verb = (argv: readonly string[]) => Promise<ExitCode>;

/** Runs the verb that the words ask for, and says what goes wrong. */
export async function main(
  argv: readonly string[],
  verbs: ReadonlyMap<string, Verb>,
): Promise<ExitCode> {
  const verb = verbIn(argv);
  const known = verb !== undefined && commands.has(verb) ? verb : undefined;
  process.on('unhandledRejection', endRejected);
  try {
    if (verb === undefined) return await withoutVerb(argv);
    if (known === undefined) throw unknownVerb(verb);
    if (asks(argv, '--help', '-h')) return await help(['help', known]);
    return await (verbs.get(known) ?? help)(argv);
  } catch (error) {
    return report(error, known);
  }
}

/** A promise of a program, as the command awaits its own: nobody would hear of it otherwise. */
function endRejected(reason: unknown): void {
  const what = reason instanceof Error ? `${reason.name}: ${reason.message}` : inWords(reason);
  say(`a promise of the program was rejected, and nobody awaited it: ${what}`);
  for (const frame of framesOf(reason)) say(`  ${frame}`);
  process.exit(exitCodes.failed);
}

const help: Verb = async (argv) => (await import('./helping.ts')).help(argv);

/** The first word, if it is no option; or else the first that is a verb: options may stand before it. */
function verbIn(argv: readonly string[]): string | undefined {
  const [first] = argv;
  const isOption = first === undefined || /^-./.test(first);
  return isOption ? argv.find((word) => commands.has(word)) : first;
}

const asks = (argv: readonly string[], ...options: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? undefined : end).some((word) => options.includes(word));
};

async function withoutVerb(argv: readonly string[]): Promise<ExitCode> {
  if (asks(argv, '--help', '-h')) return await help(['help']);
  if (asks(argv, '--version', '-v')) {
    const { print } = await import('./output.ts');
    print(`${version()}\n`);
    return exitCodes.done;
  }
  if (argv.length > 0) throw new UsageError(`expected a verb: ${verbNames()}`);
  say(`expected a verb\n\n${await (await import('./helping.ts')).shortHelp()}`);
  return exitCodes.usage;
}

const verbNames = (): string => [...commands.keys()].join(', ');

/** The version of the package. */
export const version = (): string =>
  (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;

/** Says which verbs there are, and which of them was meant. */
export function unknownVerb(verb: string): UsageError {
  const isFile = verb === '-' || /[./]/.test(verb);
  const hint = isFile ? `did you mean "epollsim play ${verb}"?` : nearHint(verb, commands.keys());
  return new UsageError(`unknown verb "${verb}": ${hint ?? `expected ${verbNames()}`}`);
}
