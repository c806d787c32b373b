/** The model, as a page asks it: one worker, which is replaced when a program never comes to rest. */
import type { Ask, Refusal, RequestName, Requests, Told } from './messages.ts';

/** So long nothing may be heard of the worker, in ms. */
export const longestSilence = 10_000;

/** The text is no program, or is one that cannot be run. */
export class Refused extends Error {
  override readonly name: string = 'Refused';
  readonly line: number | null;

  constructor({ line, message }: Refusal) {
    super(message);
    this.line = line;
  }
}

/** Nothing was heard of the program for too long, so that it was ended. */
export class Endless extends Error {
  override readonly name: string = 'Endless';
}

interface Pending {
  readonly ask: Ask;
  readonly settle: (told: Told) => void;
  readonly giveUp: (error: Error) => void;
  readonly onBeat: (count: number) => void;
}

let worker: Worker | null = null;
let current: Pending | null = null;
const waiting: Pending[] = [];
let asked = 0;
/** While it is being loaded the worker may be silent for long: the line may be slow. */
let isLoaded = false;
let alarm: ReturnType<typeof setTimeout> | undefined;

/**
 * Asks the model, one question after the other. `onBeat` is called with how often a program was run
 * so far, while it is being checked.
 *
 * @throws Refused where the text is no program, Endless where it never comes to rest
 */
export function ask<Name extends RequestName>(
  name: Name,
  what: Requests[Name]['asked'],
  onBeat: (count: number) => void = () => {},
): Promise<Requests[Name]['answer']> {
  return new Promise((resolve, reject) => {
    const settle = (told: Told): void => {
      if ('answer' in told) resolve(told.answer as Requests[Name]['answer']);
      else if ('refused' in told) reject(new Refused(told.refused));
    };
    const question = { id: ++asked, name, ...what } as unknown as Ask;
    waiting.push({ ask: question, settle, giveUp: reject, onBeat });
    next();
  });
}

function next(): void {
  if (current !== null) return;
  current = waiting.shift() ?? null;
  if (current === null) return;
  worker ??= started();
  worker.postMessage(current.ask);
  listen();
}

function started(): Worker {
  const made = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  made.addEventListener('message', ({ data }: MessageEvent<Told>) => hear(data));
  made.addEventListener('error', () => fail(new Error('the model could not be loaded')));
  return made;
}

function hear(told: Told): void {
  if (told.id === 0) {
    isLoaded = true;
    return listen();
  }
  if (current === null || told.id !== current.ask.id) return;
  if ('beat' in told) {
    current.onBeat(told.beat);
    return listen();
  }
  current.settle(told);
  go();
}

function listen(): void {
  clearTimeout(alarm);
  if (isLoaded) alarm = setTimeout(() => fail(new Endless()), longestSilence);
}

/** Ends the worker with what it does, and goes on with another one. */
function fail(error: Error): void {
  worker?.terminate();
  worker = null;
  isLoaded = false;
  current?.giveUp(error);
  go();
}

function go(): void {
  clearTimeout(alarm);
  current = null;
  next();
}
