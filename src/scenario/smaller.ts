/**
 * Smaller concurrent scenarios than a given one: calls of threads left out, whole threads, calls of
 * `after` and of `steps`; of each the boldest cuts first. Steps that need what is left out go with it.
 */
import { namesIn, type Written, type WrittenStep } from './written.ts';

type Steps = readonly WrittenStep[];

export function* smallerConcurrent<D extends Written>(document: D): Generator<D> {
  const { steps, concurrent = {}, after = [] } = document;
  for (const [thread, list] of Object.entries(concurrent)) {
    const { [thread]: _, ...others } = concurrent;
    for (const rest of cuts(list)) {
      const lists = rest.length === 0 ? others : { ...concurrent, [thread]: rest };
      yield withoutUnbound({ ...document, concurrent: lists });
    }
  }
  for (const thread of document.threads?.slice(1) ?? []) yield withoutThread(document, thread);
  for (const rest of cuts(after)) yield { ...document, after: rest };
  for (const rest of cuts(steps)) yield withoutUnbound({ ...document, steps: rest });
}

/** A list without so many steps in a row: all of them, half of them, …, one; the last ones first. */
function* cuts(list: Steps): Generator<Steps> {
  for (let size = list.length; size >= 1; size >>= 1) {
    for (let end = list.length; end > 0; end -= size) {
      const start = Math.max(0, end - size);
      yield [...list.slice(0, start), ...list.slice(end)];
    }
  }
}

function withoutThread<D extends Written>(document: D, name: string): D {
  const { threads = [], steps, concurrent = {}, after = [] } = document;
  const { [name]: _, ...lists } = concurrent;
  const others = (list: Steps): Steps => list.filter(({ thread }) => thread !== name);
  return withoutUnbound({
    ...document,
    threads: threads.filter((thread) => thread !== name),
    steps: others(steps),
    concurrent: lists,
    ...(document.after === undefined ? {} : { after: others(after) }),
  });
}

/**
 * Leaves out steps whose names no earlier step of the same list, or of `steps`, binds; in `after` those
 * that threads bind are there too, unless they are not `certain` to be.
 */
export function withoutUnbound<D extends Written>(document: D, certain = true): D {
  const { concurrent = {}, after } = document;
  const bound = new Set<string>();
  const steps = boundSteps(document.steps, bound);
  const all = new Set(bound);
  const lists = Object.entries(concurrent).map(([thread, list]) => {
    const own = new Set(bound);
    const rest = boundSteps(list, own);
    if (certain) for (const name of own) all.add(name);
    return [thread, rest] as const;
  });
  return {
    ...document,
    steps,
    concurrent: Object.fromEntries(lists),
    ...(after === undefined ? {} : { after: boundSteps(after, all) }),
  };
}

function boundSteps(steps: Steps, bound: Set<string>): Steps {
  return steps.filter(({ args = {}, bind = [] }) => {
    if (namesIn(args).some((name) => !bound.has(name))) return false;
    for (const name of bind) bound.add(`$${name}`);
    return true;
  });
}
