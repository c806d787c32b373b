/**
 * Smaller scenarios than a given one, the boldest cuts first. Each is one that the parser takes and
 * in which no name is used before a step binds it.
 */
import { smallerConcurrent } from '../../src/scenario/smaller.ts';
import { namesIn, parsed } from '../../src/scenario/written.ts';
import type { Arg, Document, Step } from './document.ts';

export function* smaller(document: Document): Generator<Document> {
  for (const candidate of candidates(document)) {
    if (candidate.steps.length > 0 && parsed(candidate) !== null) yield candidate;
  }
}

function* candidates(document: Document): Generator<Document> {
  const { steps } = document;
  if (document.mode === 'concurrent') return yield* smallerConcurrent(document);
  for (let size = steps.length >> 1; size >= 1; size >>= 1) {
    for (let end = steps.length; end > 0; end -= size) {
      const start = Math.max(0, end - size);
      yield without(document, (index) => index >= start && index < end);
    }
  }
  for (const thread of document.threads?.slice(1) ?? []) {
    yield without(document, (index) => steps[index]?.thread === thread);
  }
  for (const [index, step] of steps.entries()) {
    for (const simple of simplerSteps(step)) {
      yield { ...document, steps: steps.map((one, i) => (i === index ? simple : one)) };
    }
  }
}

/** Leaves steps out, then those that need what they bound, then threads that have nothing to do. */
function without(document: Document, isOut: (index: number) => boolean): Document {
  const bound = new Set<string>();
  const steps = document.steps.filter((step, index) => {
    if (isOut(index) || namesIn(step.args).some((name) => !bound.has(name))) return false;
    for (const name of step.bind ?? []) bound.add(`$${name}`);
    return true;
  });
  const { name, threads = [] } = document;
  const [first = 'main', ...others] = threads;
  const used = others.filter((thread) => steps.some((step) => concerns(step, thread)));
  if (used.length === 0 && first === 'main') return { name, steps };
  return { name, threads: [first, ...used], steps };
}

const concerns = ({ thread, args }: Step, name: string): boolean =>
  thread === name || args['thread'] === name;

/** A step with one thing about it simpler; never one that could become the first again. */
function* simplerSteps(step: Step): Generator<Step> {
  const { call, args } = step;
  if (call === 'epoll_pwait' && args['sigmask'] === null) {
    const { sigmask: _, ...rest } = args;
    yield { ...step, call: 'epoll_wait', args: rest };
  }
  for (const [name, value] of Object.entries(args)) {
    for (const simple of simplerValues(name, value)) {
      yield { ...step, args: { ...args, [name]: simple } };
    }
  }
}

/** What an argument of a name may be instead. */
const plainest: Readonly<Record<string, Arg>> = {
  data: 'x',
  sigmask: null,
  maxevents: 8,
  len: 256,
  bytes: 1,
  initval: 0,
  interval_ms: 0,
};

function* simplerValues(name: string, value: Arg): Generator<Arg> {
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.filter((_, i) => i !== index);
  } else if (typeof value === 'string' && value.includes('|')) {
    const flags = value.split('|');
    for (const index of flags.keys()) yield flags.filter((_, i) => i !== index).join('|');
  }
  const plain = name === 'data' && typeof value === 'number' ? undefined : plainest[name];
  if (plain !== undefined && value !== plain) yield plain;
}
