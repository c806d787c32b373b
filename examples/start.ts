/**
 * `npm start`: the echo server of echo-server.ts, and clients whose lines come from a text file or
 * from standard input. Prints what the server printed, the system calls, and the state in which the
 * server's epoll instance is left. Nothing here depends on time or chance: the same lines give the
 * same output. A script of its own, and no program for `epollsim play`; echo-server.ts is one.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Machine, runTraced, Strace, stateText, viewOf } from 'epollsim';
import { client, server } from './echo-server.ts';

const mostClients = 1000;

export const usage = `Usage: npm start [-- [FILE] [--clients N]]

An echo server and its clients on a simulated machine, over simulated TCP.

  FILE           what the clients send, line by line; - is standard input
                 (examples/lines.txt unless told otherwise)
  --clients N    how many clients share the lines, 1 to ${mostClients} (2 unless told otherwise)
  --help         print this
`;

/** What was asked for cannot be done; the message says what was expected and what was found. */
export class InputError extends Error {}

interface Request {
  readonly file: string | null;
  readonly clients: number;
}

/** What the arguments ask for; null for help. */
export function readArguments(argv: readonly string[]): Request | null {
  let file: string | null = null;
  let clients = 2;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    if (argument === '--help' || argument === '-h') return null;
    if (argument === '--clients') clients = clientCount(argv[++i]);
    else if (argument.startsWith('--clients=')) clients = clientCount(argument.slice(10));
    else if (argument.startsWith('-') && argument !== '-') {
      throw new InputError(`unknown option ${argument}; --help lists them`);
    } else if (file !== null) {
      throw new InputError(`expected one file, found ${file} and ${argument}`);
    } else file = argument;
  }
  return { file, clients };
}

function clientCount(text: string | undefined): number {
  const count = /^\d+$/.test(text ?? '') ? Number(text) : 0;
  if (count >= 1 && count <= mostClients) return count;
  const found = text === undefined ? 'nothing' : `"${text}"`;
  throw new InputError(
    `--clients: expected a whole number from 1 to ${mostClients}, found ${found}`,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'expected a text file, found a directory',
  EACCES: 'permission denied',
};

/** The lines of a file, of standard input (`-`), or of the file beside this one. */
export async function readLines(file: string | null): Promise<string[]> {
  const name = file === '-' ? 'standard input' : (file ?? 'lines.txt');
  // npm changes into the folder of the package; INIT_CWD is where it was called.
  const path =
    file === null
      ? fileURLToPath(new URL('lines.txt', import.meta.url))
      : resolve(process.env.INIT_CWD ?? '.', file);
  let text: string;
  try {
    text = file === '-' ? await textOf(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new InputError(`${name}: ${reasons[code] ?? message}`);
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new InputError(`${name}: expected at least one line, found none`);
  return lines;
}

/** Runs the server and its clients until nothing can run any more, and tells of it. */
export function serveLines(lines: readonly string[], clients: number): string {
  const printed: string[] = [];
  const log: string[] = [];
  const machine = new Machine();
  machine.spawn(
    server((line) => printed.push(`${line}\n`)),
    'server',
  );
  for (let i = 0; i < clients; i++) {
    const own = lines.filter((_line, at) => at % clients === i);
    machine.spawn(client(own), `client-${i + 1}`);
  }
  runTraced(machine, new Strace((text) => log.push(text)), 'echo server');
  return [
    '# What the server printed\n',
    ...printed,
    '\n# What it called, and what its clients called\n',
    ...log,
    '\n# Where that leaves its epoll instance\n',
    endState(machine),
  ].join('');
}

/** The epoll instance as /proc shows it, and as it is. */
function endState(machine: Machine): string {
  const view = viewOf(machine.kernel);
  const state = stateText({ ...view, tasks: view.tasks.filter((task) => task.state !== 'dead') });
  const shown = view.epolls.flatMap(({ descriptors }) =>
    descriptors.map(({ tgid, fd }) => `/proc/${tgid}/fdinfo/${fd}\n${fdinfo(machine, tgid, fd)}\n`),
  );
  return shown.join('') + state;
}

/** What the kernel writes into /proc/PID/fdinfo/FD, read by a thread of the process. */
function fdinfo(machine: Machine, pid: number, fd: number): string {
  const task = machine.kernel.tasks.get(pid);
  let text = '';
  if (task === undefined) return text;
  machine.thread(task, function* (sys) {
    text = (yield* sys.fdinfo(fd)).text;
  });
  machine.run();
  return text;
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const request = readArguments(argv);
    if (request === null) process.stdout.write(usage);
    else process.stdout.write(serveLines(await readLines(request.file), request.clients));
    return 0;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0); // The reader, `head` say, has seen enough.
    throw error;
  });
  process.exitCode = await main(process.argv.slice(2));
}
