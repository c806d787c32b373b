/**
 * Ctrl-C while a thread of its own plays: what is written there asks for it.
 *
 * The simulator runs to its end before Node looks at signals, so a format that has to be closed is
 * played in a worker, and the main thread is free to hear of them.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { Interrupted } from './errors.ts';

/** What the main thread gives to the one that plays. */
export interface PlayData {
  /** One element: 1 from Ctrl-C until it is heard. */
  readonly interrupt: Int32Array;
}

const isPlayData = (data: unknown): data is PlayData =>
  typeof data === 'object' && data !== null && 'interrupt' in data;

const flag: Int32Array | null =
  !isMainThread && isPlayData(workerData) ? workerData.interrupt : null;

/** Ends what is being played if Ctrl-C was pressed; again and again, as a program may catch it. */
export function checkInterrupted(): void {
  if (flag !== null && Atomics.load(flag, 0) === 1) throw new Interrupted('Ctrl-C');
}

/** From here on what is written to close the output goes on. */
export function hearInterrupt(): void {
  if (flag !== null) Atomics.store(flag, 0, 0);
}
