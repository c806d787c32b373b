/** The promise of a call. It knows whether anybody awaits it. */
import type { CallName } from '../syscalls/arguments.ts';
import type { Code, Sys } from '../syscalls/sys.ts';

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

  /** Makes the call. Whether JavaScript can do anything about an error, its kind says. */
  *run(steps: Sys): Code<void> {
    const call = steps[this.call] as (...values: readonly unknown[]) => Code<unknown>;
    try {
      this.settled.resolve((yield* call.apply(steps, this.values as unknown[])) as T);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      super.then(undefined, () => {}); // If nobody awaits it, that is told of as such.
      this.settled.reject(error);
    }
  }
}

interface Settling<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}
