/**
 * The functions on the JavaScript stack, by name.
 *
 * Generators that delegate with `yield*` all stand on it whenever the innermost one runs, so this
 * is the call stack of the modelled kernel, and how a trace knows that a function has been left.
 *
 * Invariants: the outermost function comes first; the engine's own frames (`next`) are left out, so
 * a function keeps its place from one resumption to the next.
 */

import { ownName } from '../kernel/bug.ts';

/** What V8 lets one set; other engines take no notice. */
interface StackSettings {
  stackTraceLimit?: number;
  prepareStackTrace?: ((error: Error, frames: CallSite[]) => unknown) | undefined;
}

interface CallSite {
  getFunctionName(): string | null;
  getFileName(): string | null | undefined;
}

const settings = Error as unknown as StackSettings;

/** Names instead of text: source maps need not be asked. */
function keepNames(_error: Error, frames: CallSite[]): string[] {
  const names: string[] = [];
  for (let i = frames.length - 1; i >= 0; i--) {
    const frame = frames[i] as CallSite;
    if (frame.getFileName()) names.push(ownName(frame.getFunctionName() ?? ''));
  }
  return names;
}

/** The names, outermost first; the last is the caller's. */
export function stackNames(): string[] {
  const { stackTraceLimit, prepareStackTrace } = settings;
  settings.stackTraceLimit = Number.POSITIVE_INFINITY;
  settings.prepareStackTrace = keepNames;
  const stack: unknown = new Error().stack;
  if (stackTraceLimit !== undefined) settings.stackTraceLimit = stackTraceLimit;
  settings.prepareStackTrace = prepareStackTrace;
  const names = Array.isArray(stack) ? (stack as string[]) : parse(String(stack));
  names.pop(); // This function.
  return names;
}

/** The text of a stack trace, as engines other than V8 write it. */
function parse(stack: string): string[] {
  const names: string[] = [];
  for (const line of stack.split('\n')) {
    const name = /^\s*at (?:(?:async |new )?([^\s(]*) \()?|^([^@]*)@/.exec(line);
    if (name !== null && !line.includes('<anonymous>'))
      names.push(ownName(name[1] ?? name[2] ?? ''));
  }
  return names.reverse();
}
