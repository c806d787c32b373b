/**
 * What a program finds in place of a system call that there is not: a function that says so when it
 * is called. Without it JavaScript says that something is not iterable.
 */
import { callNames } from './arguments.ts';
import { nearHint } from './near.ts';

/** Names as system calls have them; `then` is asked of whatever somebody awaits. */
const looksLikeCall = (name: string): boolean => /^[a-z][a-z0-9_]+$/.test(name) && name !== 'then';

function refusal(name: string): TypeError {
  const hint = nearHint(name, callNames) ?? 'docs/limits.md says what is not modelled';
  return new TypeError(
    `sys.${name}: expected a system call that is modelled, found none of that name; ${hint}`,
  );
}

/** Gives `prototype`, which has the calls, an answer for the names of all others. */
export function answerUnknownCalls(prototype: object): void {
  const answers = new Proxy(Object.getPrototypeOf(prototype) as object, {
    get(known, name, receiver): unknown {
      if (typeof name !== 'string' || name in known || !looksLikeCall(name)) {
        return Reflect.get(known, name, receiver);
      }
      return () => {
        throw refusal(name);
      };
    },
  });
  Object.setPrototypeOf(prototype, answers);
}
