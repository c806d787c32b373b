/** Hops: what led to a happening, a sentence each. */
import { epollFlags } from '../kernel/uapi/names.ts';
import { briefCall, briefResult } from '../trace/calls/brief.ts';
import { begunCall, endedCall } from '../trace/calls/text.ts';
import { type Change, stepOf } from './history/changes.ts';
import { type Call, type Happening, pathTo, rootOf, type Scope } from './history/happening.ts';
import type { History } from './history.ts';

/** One hop of a chain. */
export interface Hop {
  /** As the table numbers steps. */
  readonly step: number;
  /** Which task, or which interrupt. */
  readonly actor: string;
  /** Functions of the kernel, outermost first. */
  readonly functions: readonly string[];
  /** What happened, as a sentence. */
  readonly sentence: string;
  /** Its place in the trace. */
  readonly seq: number;
}

/** Bits that a program can ask for, without EPOLLET and its like. */
export const requestable = 0x0fffffff;

/** Poll bits by name; a wakeup without a key stands for all of them. */
export const bits = (mask: number): string => (mask === 0 ? 'nothing' : epollFlags(mask));
export const keyText = (key: number): string =>
  key === 0 ? 'no key, which stands for everything' : `key ${epollFlags(key)}`;

/** A call with its result, as far as it has one. */
export function callText(call: Call): string {
  const text = briefCall(begunCall(call.event));
  return call.ended === null ? text : `${text} = ${briefResult(endedCall(call.ended))}`;
}

const isCall = (scope: Scope | null): scope is Call => scope?.kind === 'call';

export const actorOf = (scope: Scope | null, task: string): string =>
  scope?.kind === 'irq' ? 'interrupt' : task;

/** The functions between a call and a happening, without repetitions of one next to the other. */
function functionsTo(scope: Scope | null): string[] {
  const names = pathTo(scope)
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name);
  return names.filter((name, i) => name !== names[i - 1]);
}

const hopAt = ({ scope, seq, step, task }: Happening, sentence: string, from = 0): Hop => ({
  step,
  actor: actorOf(rootOf(scope), task.comm),
  functions: functionsTo(scope).slice(from),
  sentence,
  seq,
});

/** What a call or an interrupt is, as the beginning of a chain. */
export function rootHop(root: Scope, history: History): Hop[] {
  const { seq, step, task } = root;
  const base = { step, actor: actorOf(root, task.comm), functions: [], seq };
  if (isCall(root)) return [{ ...base, sentence: callText(root) }];
  return [...armedBefore(root, history), { ...base, sentence: root.name }];
}

/** The call that set the timer which an interrupt is about. */
function armedBefore(irq: Scope, history: History): Hop[] {
  const fired = history.happenings.find(
    ({ fact, scope }) => fact === 'fired' && rootOf(scope) === irq,
  );
  if (fired === undefined) return [];
  const armed = history
    .of(fired.object)
    .filter(({ fact, seq }) => fact === 'armed' && seq < fired.seq)
    .at(-1);
  const root = armed === undefined ? null : rootOf(armed.scope);
  if (armed === undefined || !isCall(root)) return [];
  return [hopAt(armed, `${callText(root)} sets the timer`)];
}

/** The wakeups that led to a happening, the first one first: each called the next. */
function wakesTo(happening: Happening): Happening[] {
  const wakes: Happening[] = [];
  for (let at = happening.caller; at !== null; at = nextOut(at)) wakes.unshift(at);
  return wakes;
}

/** The wakeup inside of whose callback another one began. */
function nextOut(wake: Happening): Happening | null {
  for (let at = wake.scope; at !== null; at = at.parent) if (at.caller !== null) return at.caller;
  return null;
}

/** From the call to the callback: who acted, which queues were woken, which callbacks ran. */
export function callbackChain(happening: Happening, history: History): Hop[] {
  const root = rootOf(happening.scope);
  const hops = root === null ? [] : rootHop(root, history);
  let depth = 0;
  for (const wake of wakesTo(happening)) {
    const functions = functionsTo(wake.scope);
    hops.push(hopAt(wake, `wakes ${wake.about} with ${keyText(wake.detail)}`, depth));
    depth = functions.length;
  }
  hops.push(hopAt(happening, factText(happening), depth));
  return hops;
}

/** What a happening is, in words. */
export function factText({ about, detail, fact, task }: Happening): string {
  switch (fact) {
    case 'queued':
      return `${about} is asked for it (${keyText(detail)}): onto rdllist`;
    case 'overflowed':
      return `${about} is asked for it, and a scan is open: onto ovflist`;
    case 'queued already':
      return `${about} is queued already: nothing changes`;
    case 'masked':
      return `${about} is masked: the key ${bits(detail)} has nothing of what it asks for`;
    case 'disabled':
      return `${about} is disabled: its EPOLLONESHOT is spent, and the callback does nothing`;
    case 'found':
      return `${about} is ready now, so onto rdllist`;
    case 'moved':
      return `the scan ends: ${about} from ovflist onto rdllist`;
    case 'left':
      return `the scan ends before ${about} is told: back onto rdllist`;
    case 'again':
      return `${about} is level-triggered: told, and back onto rdllist`;
    case 'gone':
      return `${about} is polled again and has nothing of what it asks for: off the list`;
    case 'has':
      return `${about} is polled again and has ${bits(detail)}: its event is to be copied`;
    case 'changed':
      return `${about} asks for ${bits(detail & requestable)} from here on`;
    case 'told':
      return `${about} is polled again and has ${bits(detail)}: told to ${task.comm}`;
    case 'disarmed':
      return `${about} has EPOLLONESHOT: disarmed until EPOLL_CTL_MOD`;
    case 'spared':
      return `the wakeup ends before ${about}: enough exclusive waiters are awake`;
    case 'polled':
      return detail === 0 ? `${about} has nothing yet` : `${about} has ${bits(detail)} already`;
    case 'added':
      return `${about} is added, and asks for ${bits(detail & requestable)}`;
    case 'removed':
      return `${about} is taken out`;
    case 'wakeup':
      return `wakes ${about}`;
    default:
      return `${about}: ${fact}`;
  }
}

/** A happening on the spot; `below`: without the functions that lead to this one. */
export const hopOf = (
  happening: Happening,
  sentence: string = factText(happening),
  below: Happening | null = null,
): Hop => hopAt(happening, sentence, below === null ? 0 : functionsTo(below.scope).length);

/** As hopOf(), led in by the call that it happened in. */
export function hopsInCall(happening: Happening, history: History): Hop[] {
  const root = rootOf(happening.scope);
  return [...(root === null ? [] : rootHop(root, history)), hopAt(happening, factText(happening))];
}

/** A file has something ready from here on, or has not any more. */
export function changeHop(change: Change, what: string): Hop {
  const { by, seq, task, to } = change;
  const who = isCall(by) ? callText(by) : by === null ? '' : `the interrupt ${by.name}`;
  return {
    step: stepOf(change),
    actor: actorOf(by, by?.task.comm ?? task.comm),
    functions: [],
    sentence: `${who}${who === '' ? '' : ': '}${what} ${to === 0 ? 'has nothing ready from here on' : `has ${bits(to)} ready from here on`}`,
    seq,
  };
}
