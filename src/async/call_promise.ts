/** The promise of a call. It knows whether anybody awaits it. */
import type { CallName } from '../syscalls/arguments.ts';

export class CallPromise<T> extends Promise<T> {
  /** What comes of it is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly call: CallName;
  readonly values: readonly unknown[];
  private awaited: (() => void) | null;
  private readonly settled: Settling<T>;

  /** `awaited` is called once, when somebody asks for what comes of it. */
  constructor(call: CallName, values: readonly unknown[], awaited: () => void) {
    const settling: Partial<Settling<T>> = {};
    super((resolve, reject) => {
      settling.resolve = resolve;
      settling.reject = reject;
    });
    this.settled = settling as Settling<T>;
    this.call = call;
    this.values = values;
    this.awaited = awaited;
  }

  // biome-ignore lint/suspicious/noThenProperty: `await` asks by it.
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.awaited?.();
    this.awaited = null;
    return super.then(fulfilled, rejected);
  }

  /** The call has returned `value`. */
  resolve(value: T): void {
    this.settled.resolve(value);
  }

  /** The call cannot be made. Nobody else hears of it if nobody awaits it: that is told of as such. */
  reject(error: unknown): void {
    super.then(undefined, () => {});
    this.settled.reject(error);
  }
}

interface Settling<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}
