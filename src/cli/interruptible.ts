/**
 * `epollsim play` in a worker, so that Ctrl-C can end a format that has to be closed. A second one
 * ends what does not write and so does not hear of the first.
 */
import { Worker } from 'node:worker_threads';
import { type ExitCode, exitCodes } from './errors.ts';
import type { PlayData } from './interrupt.ts';

/** In what is built the command itself; from the sources a worker needs to be told of TypeScript. */
function startWorker(argv: readonly string[], workerData: PlayData): Worker {
  const options = { argv: [...argv], workerData };
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('../../bin/epollsim.js', import.meta.url), options);
  }
  const tsx = import.meta.resolve('tsx/esm/api');
  const { href } = new URL('../../bin/epollsim.ts', import.meta.url);
  const load = (url: string): string => `import(${JSON.stringify(url)})`;
  const script = `${load(tsx)}.then(({ register }) => { register(); return ${load(href)}; })`;
  return new Worker(script, { ...options, eval: true });
}

export async function interruptible(argv: readonly string[]): Promise<ExitCode> {
  const interrupt = new Int32Array(new SharedArrayBuffer(4));
  let pressed = 0;
  const onSignal = (): void => {
    pressed++;
    if (pressed > 1) endAtOnce(onSignal);
    Atomics.store(interrupt, 0, 1);
  };
  process.on('SIGINT', onSignal);
  try {
    const code = await played(argv, { interrupt });
    return pressed > 0 ? exitCodes.interrupted : code;
  } finally {
    process.off('SIGINT', onSignal);
  }
}

/** Without waiting for the worker, which may wait for standard input itself. */
function endAtOnce(onSignal: () => void): void {
  process.off('SIGINT', onSignal);
  process.kill(process.pid, 'SIGINT');
}

function played(argv: readonly string[], workerData: PlayData): Promise<ExitCode> {
  const worker = startWorker(argv, workerData);
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => resolve(code as ExitCode));
  });
}
