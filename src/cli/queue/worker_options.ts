/** The command line of `worker`. */
import { availableParallelism } from 'node:os';
import { UsageError } from '../errors.ts';
import { numberOf, readOptions, textOf } from '../options.ts';
import { type QueueAddress, readAddress } from './link.ts';

/** What `worker` is asked for. */
export interface WorkerRequest {
  readonly queue: QueueAddress;
  readonly jobs: number;
  /** After how many seconds without a part it ends; undefined for never. */
  readonly idle: number | undefined;
  readonly json: boolean;
}

const table = {
  queue: { type: 'string' },
  jobs: { type: 'string', short: 'j' },
  idle: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const workerHelp: string = `usage: epollsim worker --queue URL [options]

Explores parts of the checks that "epollsim check --queue URL" hands out, of all that are under way,
until it is told to end: on this machine or on any other that reaches the Redis, as many as there are.

  epollsim worker --queue redis://queue.example:6379          on each machine that is to help
  epollsim check --queue redis://queue.example:6379 server.ts  where the program is

A program and what it imports by paths comes with the parts. Packages that it imports are looked for
from the folder that the worker runs in. A worker runs what comes: whoever can write to the Redis can
run code here, so it has to be one that you trust. Both sides need the same epollsim, the same major
release of Node, and the packages bullmq and ioredis.

      --queue URL   the Redis: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS
  -j, --jobs N      how many processes explore (default: one a CPU)
      --idle S      end after so many seconds without a part (default: never)
      --json        a line of JSON for each event: ready, took, explored, failed, lost,
                back, end
  -h, --help        this text

Ctrl-C or SIGTERM: what it has comes to its next stop, within a second or two, and is handed back;
then the worker ends. A second one ends it at once; others then explore what it had.

exit codes:
  0  it was told to end, or was idle for so long
  2  the command line is wrong, a package is missing, or Redis cannot be reached
  130  a second Ctrl-C
`;

/** What the arguments ask for, null for help; throws a UsageError. */
export function readWorker(argv: readonly string[]): WorkerRequest | null {
  const { values, positionals } = readOptions(argv, table);
  if (values['help'] === true) return null;
  const [verb, ...rest] = positionals;
  if (verb !== 'worker' || rest.length > 0) {
    throw new UsageError(`worker: expected no file, found "${rest[0] ?? verb}"`);
  }
  const queue = readAddress(textOf(values['queue']));
  if (queue === undefined) throw new UsageError('worker: expected --queue redis://HOST:PORT');
  return {
    queue,
    jobs: numberOf(values['jobs'], '--jobs', 1, 256) ?? availableParallelism(),
    idle: numberOf(values['idle'], '--idle', 1, 9_999_999_999),
    json: values['json'] === true,
  };
}
