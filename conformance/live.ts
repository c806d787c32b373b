/** Whether the kernel underneath can be asked at all. */
import { Unavailable } from './linux/compiler.ts';
import { Linux } from './linux/linux.ts';

/** Why nothing can be played live; null where it can. */
export function whyNotLive(): string | null {
  const linux = new Linux();
  try {
    linux.open();
    return null;
  } catch (error) {
    if (error instanceof Unavailable) return error.message;
    throw error;
  } finally {
    linux.close();
  }
}

/** Runs until it ends or Ctrl-C is pressed; whether it was pressed. */
export async function interruptible(run: () => Promise<void>, stop: () => void): Promise<boolean> {
  let interrupted = false;
  const onSignal = (): void => {
    interrupted = true;
    stop();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    await run();
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
  return interrupted;
}
