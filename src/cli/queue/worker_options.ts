/** The command line of `worker`. */
import { availableParallelism } from 'node:os';
import { worker as workerCommand } from '../commands/worker.ts';
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

/** What the arguments ask for; throws a UsageError. */
export function readWorker(argv: readonly string[]): WorkerRequest {
  const { values } = readOptions(argv, workerCommand);
  const queue = readAddress(textOf(values['queue']));
  if (queue === undefined) throw new UsageError('worker: expected --queue redis://HOST:PORT');
  return {
    queue,
    jobs: numberOf(values['jobs'], '--jobs', 1, 256) ?? availableParallelism(),
    idle: numberOf(values['idle'], '--idle', 1, 9_999_999_999),
    json: values['json'] === true,
  };
}
