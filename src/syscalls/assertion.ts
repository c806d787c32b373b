/** A program's own promise that did not hold. */
export class AssertionFailed extends Error {
  /** The name of the thread whose program failed. */
  readonly thread: string;

  constructor(message: string, thread: string) {
    super(`assertion failed in ${thread}: ${message}`);
    this.name = 'AssertionFailed';
    this.thread = thread;
  }
}
