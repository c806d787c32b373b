/**
 * `npm start`: the echo server of echo-server.ts, and clients whose lines come from a text file or
 * from standard input. Prints what the server printed, the system calls, and the state in which the
 * server's epoll instance is left.
 */
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Machine, Recorder, Strace, stateText } from 'epollsim';
import { client, server } from './echo-server.ts';

const usage = `usage: npm start [-- [FILE] [--clients N]]

An echo server and its clients on a simulated machine, over simulated TCP.

  FILE           what the clients send, line by line; - is standard input
                 (default: examples/lines.txt)
  --clients N    how many clients share the lines, 1 to ${1000} (default: 2)
  --help         this text
`;

const mostClients = 1000;

/** The input is wrong: one line that says what was expected and what was found. */
class InputError extends Error {}

interface Job {
  readonly lines: readonly string[];
  readonly clients: number;
}

/** What the arguments ask for; null for help. */
export function readJob(argv: readonly string[]): Job | null {
  const { values, positionals } = parse(argv);
  if (values.help === true) return null;
  if (positionals.length > 1) {
    throw new InputError(`expected one file, found ${positionals.length}: ${positionals.join(' ')}`);
  }
  const clients = clientCount(values.clients ?? '2');
  return { clients, lines: readLines(positionals[0] ?? defaultFile) };
}

const defaultFile = new URL('lines.txt', import.meta.url).pathname;
