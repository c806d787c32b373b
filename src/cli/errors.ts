/**
 * What can go wrong with the command itself, and what it says and returns then.
 *
 * Messages for persons go to standard error, one line each, after the name of the command.
 */
import { writeSync } from 'node:fs';

/** The exit codes. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  /** No live side, and nothing recorded. */
  unavailable: 3,
  incomplete: 4,
  /** As a shell says it of SIGINT. */
  interrupted: 130,
  /** As a shell says it of SIGPIPE; 0 would say that all is well with what nobody has looked at. */
  unread: 141,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What they mean; the help of a verb says it in its own words. */
export const exitTexts: Readonly<Record<ExitCode, string>> = {
  0: 'it was done, and there is nothing to complain of',
  1: `something is wrong with what was given: it is malformed, it failed, or what was looked for was
    found`,
  2: 'the command line is wrong, a file cannot be read or written, or there is no program in it',
  3: 'there is nothing to compare with',
  4: 'a check has found nothing, and has not covered everything',
  130: 'Ctrl-C; what there was until then is printed',
  141: 'whoever read the output has gone, and the rest was not printed',
};

/** The command line is wrong: says what was expected and what was found. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** A file cannot be read, or the output cannot be written. */
export class FileError extends Error {
  override readonly name: string = 'FileError';
}

/** Whoever reads the output has had enough: no error, but the end. */
export class BrokenPipe extends Error {
  override readonly name: string = 'BrokenPipe';
}

/** Control characters but the end of a line. */
const unprintable = /(?!\n)\p{Cc}/gu;
const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A message for a person, whose terminal it leaves as it is. */
export function say(message: string): void {
  try {
    writeSync(2, `epollsim: ${message.replace(unprintable, escaped)}\n`);
  } catch {
    // Nobody is listening.
  }
}

/** Ctrl-C, where what was written has to be closed. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted';
}

/** Says what is to be said of an error that ends the command, in which `verb` ran; the exit code. */
export function report(error: unknown, verb?: string): ExitCode {
  if (error instanceof BrokenPipe) return exitCodes.unread;
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof UsageError) {
    const [first = '', ...more] = error.message.split('\n');
    const help = verb === undefined ? 'epollsim --help' : `epollsim ${verb} --help`;
    say([`${first} (see ${help})`, ...more].join('\n'));
    return exitCodes.usage;
  }
  if (error instanceof FileError) {
    say(error.message);
    return exitCodes.usage;
  }
  say(`this should not happen: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return exitCodes.failed;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space left',
};

/** In words, why the operating system refused. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}
