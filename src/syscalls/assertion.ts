/** A program's own promise that did not hold. */
export class AssertionFailed extends Error {
  readonly thread: string;

  constructor(message: string, thread: string) {
    super(`assertion failed in ${thread}: ${message}`);
    this.name = 'AssertionFailed';
    this.thread = thread;
  }
}
