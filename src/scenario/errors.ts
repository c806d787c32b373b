/**
 * What can be wrong with a scenario, and the words in which it is said.
 *
 * The words are part of the scenario format, so every message about a step is made here.
 */
import { nearHint } from '../syscalls/near.ts';

/** Where a step stands: its index in a list of steps. */
export interface Place {
  /** Empty for `steps`; else which list it is, as in "after" or "concurrent t1". */
  readonly list: string;
  readonly index: number;
}

/** The scenario is at fault, not the kernel that plays it. */
export class ScenarioError extends Error {
  override readonly name: string = 'ScenarioError';
  /** The index of the step at fault, undefined where the document as a whole is. */
  readonly step: number | undefined;
  /** For persons, besides the message, whose words are fixed: what was expected, or was meant. */
  readonly hint: string | undefined;

  constructor(message: string, step?: number, hint?: string) {
    super(message);
    this.step = step;
    this.hint = hint;
  }
}

/** "step 3", "after: step 0", "concurrent t1: step 2". */
export const placeName = (at: Place): string =>
  at.list === '' ? `step ${at.index}` : `${at.list}: step ${at.index}`;

/** A string as it stands in JSON, so that a message stays on one line. */
export const quote = (text: string): string => JSON.stringify(text);

export const stepError = (at: Place, what: string, hint?: string): ScenarioError =>
  new ScenarioError(`${placeName(at)}: ${what}`, at.index, hint);

export const unknownCall = (at: Place, call: string, known: Iterable<string>): ScenarioError =>
  stepError(at, `unknown call ${quote(call)}`, nearHint(call, known));

/** It is there, but not in the version that the document says, or that it has by saying none. */
export const laterCall = (at: Place, call: string): ScenarioError =>
  stepError(at, `unknown call ${quote(call)}`, 'it came with "version": 2');

export const unknownThread = (at: Place, thread: string): ScenarioError =>
  stepError(at, `unknown thread ${quote(thread)}`);

export const unknownKey = (at: Place, key: string): ScenarioError =>
  stepError(at, `unknown key ${quote(key)}`);

export const unknownArgument = (
  at: Place,
  argument: string,
  known: readonly string[],
): ScenarioError => {
  const expected = known.length === 0 ? 'expected none' : `expected ${known.join(', ')}`;
  return stepError(at, `unknown argument ${quote(argument)}`, expected);
};

export const unknownFlag = (at: Place, flag: string, known: Iterable<string>): ScenarioError =>
  stepError(
    at,
    `unknown flag ${quote(flag)}`,
    flag === '' ? 'expected a name or an integer on each side of every "|"' : nearHint(flag, known),
  );

export const missingArgument = (at: Place, argument: string): ScenarioError =>
  stepError(at, `missing argument ${quote(argument)}`);

export const badArgument = (at: Place, argument: string, hint?: string): ScenarioError =>
  stepError(at, `bad argument ${quote(argument)}`, hint);

/** With `type`, which says in words what was expected, and what was found instead. */
export const explained = (error: ScenarioError, type: string, value: unknown): ScenarioError => {
  if (error.hint !== undefined || !error.message.includes(': bad argument "')) return error;
  const unmarked = type.includes('descriptor') && typeof value === 'string';
  const names = unmarked && !value.startsWith('$') ? '; a bound name begins with "$"' : '';
  const hint = `expected ${withArticle(type)}, found ${shortened(JSON.stringify(value) ?? '')}${names}`;
  return new ScenarioError(error.message, error.step, hint);
};

const withArticle = (type: string): string => {
  if (/^(?:descriptor|list|name|number|port|thread)\b/.test(type)) return `a ${type}`;
  return /^(?:int|unsigned)/.test(type) ? `an ${type}` : type;
};

const longestShown = 60;
const shortened = (text: string): string =>
  text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;

/** Found while playing: no call that returned a descriptor has bound the name. */
export const notBound = (at: Place, name: string): ScenarioError =>
  stepError(at, `$${name} is not bound`);

/** Found while playing: the descriptor given as `to` is not bound to a port. */
export const noAddress = (at: Place): ScenarioError =>
  stepError(at, 'the target of connect has no address');

/** Found while playing: the thread's call has no page to wait for. */
export const nothingHeld = (at: Place, thread: string): ScenarioError =>
  stepError(at, `thread ${thread} has no held call`);

/** Found while playing: the thread has not been forked yet, or has ended. */
export const notRunning = (at: Place, thread: string): ScenarioError =>
  stepError(at, `thread ${thread} does not run`);

/** Found while playing: a step is due on a thread whose call, issued at `at`, never returns. */
export const threadBlocked = (thread: string, at: Place): ScenarioError =>
  new ScenarioError(`thread ${thread} is blocked in ${placeName(at)}`);

/** Found while playing: the threads of a concurrent scenario cannot begin. */
export const blockedInSteps = (thread: string): ScenarioError =>
  new ScenarioError(`thread ${thread} is blocked in "steps"`);
