/**
 * Steps in words, as a schedule names them: `t1: lock ep->mtx`, `t2: epoll_wait`.
 *
 * The words name context, verb and object, never a place in a list, so that a schedule still fits
 * when the program around it has changed.
 */
import type { Verb } from '../kernel/op.ts';
import { fromMaking, toUserMode } from '../kernel/user_mode.ts';
import { libertyName } from '../sim/liberties/index.ts';
import type { Step } from '../sim/schedule.ts';
import { libertyText } from './liberties.ts';
import type { ContextId } from './order.ts';
import type { Choosing } from './strategy.ts';

const verbs: Readonly<Record<Verb, string>> = {
  spin_lock: 'lock',
  mutex_lock: 'lock',
  write_lock: 'lock',
  read_lock: 'share',
  access: 'look at',
  schedule: 'wake up',
  synchronize_rcu: 'wait for readers of',
  smp_mb: 'wait for',
  join: 'join',
  fault: 'get the page of',
};

/** A program goes on with its own code. */
export const returning = 'return';

/** Are the ways back from calls steps of a schedule? Behind pthread_create() they always are. */
export const hasReturns = (steps: readonly string[]): boolean =>
  steps.some((step) => step.endsWith(`: ${returning}`));

/** Who takes the step. */
export function contextName({ liberty, queue, timer, stores }: Step): string {
  if (liberty !== null) return libertyName;
  if (stores !== null) return `store buffer of ${stores.owner.comm}`;
  if (timer !== null) return `timer of ${timer.starter}`;
  if (queue === null) return '?';
  return queue.irq === null ? queue.curr.comm : queue.irq.name;
}

/** Null for going on without waiting for timers. */
export function stepText(step: Step | null): string {
  if (step === null) return 'nobody: wait no more';
  const { execution, liberty, timer, stores } = step;
  const who = contextName(step);
  if (liberty !== null) return `${who}: ${libertyText(liberty)}`;
  if (timer !== null) return `${who}: fire`;
  if (stores !== null) return `${who}: write ${stores.next?.name}`;
  const op = execution?.op ?? null;
  if (op === null) return `${who}: start`;
  if (op.verb === 'schedule') return `${who}: ${verbs.schedule}`;
  if (op === toUserMode) return `${who}: ${returning}`;
  if (op === fromMaking) return `${who}: ${returning} from pthread_create`;
  return `${who}: ${verbs[op.verb]} ${op.target.name}`;
}

/** What can be done, each once: of several that are about to do the same, the second is `… (2)`. */
export function eachOnce(words: readonly string[]): string[] {
  const times = new Map<string, number>();
  return words.map((text) => {
    const place = (times.get(text) ?? 0) + 1;
    times.set(text, place);
    return place === 1 ? text : `${text} (${place})`;
  });
}

/** As `describe` says it, among those who can go on. */
export function wordsOf(choosing: Choosing, context: ContextId): string {
  const words = choosing.describe(context);
  const alike = choosing.possible.filter((other) => choosing.describe(other) === words);
  return alike[0] === context ? words : `${words} (${alike.indexOf(context) + 1})`;
}
