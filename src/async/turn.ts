/**
 * The engine's loop: how it is waited for, until JavaScript has come to rest.
 *
 * One turn of the loop is enough: all promises that can go on do so before it ends, and whatever
 * else their code has put off to the end of the job (`queueMicrotask`, `process.nextTick`).
 */
import type { Pausing } from '../sim/pause.ts';

interface Engine {
  readonly setImmediate?: (then: () => void) => unknown;
  readonly MessageChannel: new () => {
    readonly port1: { onmessage: (() => void) | null; close(): void };
    readonly port2: { postMessage(message: unknown): void };
  };
}

/** As they were when this was loaded: fake timers may stand in their place later. */
const { MessageChannel, setImmediate }: Engine = globalThis as unknown as Engine;

/** Calls `then` when JavaScript has come to rest. */
function atRest(then: () => void): void {
  if (setImmediate !== undefined) {
    setImmediate(then);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    then();
  };
  port2.postMessage(null);
}

/** Does work in one go if it needs no pause, so that there is no promise to wait for. */
export function withPausesIfAny<T>(work: Pausing<T>): T | Promise<T> {
  const step = work.next();
  if (step.done === true) return step.value;
  return new Promise((resolve) => atRest(() => resolve(withPauses(work))));
}

/** Does work with its pauses; what came of it. */
export function withPauses<T>(work: Pausing<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const goOn = (): void => {
      try {
        const step = work.next();
        if (step.done === true) resolve(step.value);
        else atRest(goOn);
      } catch (error) {
        reject(error);
      }
    };
    goOn();
  });
}
