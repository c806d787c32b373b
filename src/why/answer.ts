/**
 * The answer to "why did I get this event, and why not that one": what a step came to, a finding for
 * each event that was told, for each item that was not told of, and for each wakeup.
 *
 * Who answers: wait.ts for epoll_wait(), polled.ts for poll() and select(), control.ts for epoll_ctl(),
 * others.ts for every other call, and effects.ts for what a call or an interrupt brought about.
 */
import { epollWaits } from '../trace/calls/kinds.ts';
import { askedIn } from './asks.ts';
import { ofControl } from './control.ts';
import { delays } from './course.ts';
import { effects } from './effects.ts';
import { type Call, lastOf, rootOf, type Scope } from './history/happening.ts';
import type { Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { callText, type Hop, rootHop } from './hops.ts';
import { ofOther } from './others.ts';
import { ofPoll } from './polled.ts';
import { unregistered } from './unregistered.ts';
import type { Finding } from './verdict.ts';
import { ofWait } from './wait.ts';

/** Why a step came to what it did. */
export interface Answer {
  /** The step, from 0. */
  readonly step: number;
  /** What was done in the step: each call, with its result. */
  readonly calls: readonly string[];
  /** What is answered: of each item or wakeup that the step concerns, one. */
  readonly findings: readonly Finding[];
}

/** Throws a RangeError for a step that there is not. `fd`: only of items under that number. */
export function answer(history: History, step: number, fd: number | null = null): Answer {
  const { asked } = history;
  if (asked === null) {
    const last = history.steps - 1;
    const why = history.ending?.error ?? null;
    const ends = why === null ? '' : `; it ends there: ${why}`;
    throw new RangeError(
      last < 0
        ? `--step: there are no steps${ends}`
        : `--step: expected a step from 0 to ${last}, found ${step}${ends}`,
    );
  }
  const calls = history.calls.filter((call) => call.step === step || call.endedIn === step);
  const findings = [
    ...calls.flatMap((call) => chained(call, findingsOf(call, step, asked, history), history)),
    ...rootsIn(step, history).flatMap((root) => effects(root, step, asked, history)),
  ];
  const wanted = findings.filter((one) => fd === null || one.fd === fd);
  return {
    step,
    calls: calls.map((call) => shownIn(call, step)),
    findings: (fd !== null && wanted.length === 0 ? unregistered(fd, calls, history) : wanted).map(
      (one) => ({ ...one, hops: inOrder(one.hops) }),
    ),
  };
}

/** What has no history of its own begins with the call. */
const chained = (call: Call, findings: readonly Finding[], history: History): Finding[] =>
  findings.map((one) => (one.hops.length > 0 ? one : { ...one, hops: rootHop(call, history) }));

/** Each once, in the order of time. */
const inOrder = (hops: readonly Hop[]): Hop[] =>
  [...hops]
    .sort((a, b) => a.seq - b.seq)
    .filter(({ sentence, seq }, i, all) => {
      const before = all[i - 1];
      return before === undefined || before.seq !== seq || before.sentence !== sentence;
    });

/** A call with its result, and where it came later or had begun before. */
function shownIn(call: Call, step: number): string {
  const { comm } = call.task;
  if (call.endedIn === step && call.step !== step)
    return `${comm}: ${callText(call)}, since step ${call.step}`;
  if (call.diedIn !== null) {
    const later = call.diedIn === step ? '' : ` in step ${call.diedIn}`;
    return `${comm}: ${callText(call)} …, and ends with its thread${later}`;
  }
  if (call.ended === null) return `${comm}: ${callText(call)} …, and sleeps at the end`;
  return `${comm}: ${callText(call)}${call.endedIn === step ? '' : `, in step ${call.endedIn}`}`;
}

/** Of the last time that a task waited for events: what came, and why the rest did not. */
export function lastWaitOf(task: string, history: History): Finding[] {
  const call = lastOf(history.calls, (one) => one.task.comm === task && epollWaits.has(one.name));
  if (call === undefined || history.last === null) return [];
  return ofWait(call, Number.POSITIVE_INFINITY, history.last, history);
}

/** Why a task that sleeps at the end was not woken. */
export function sleepOf(task: string, history: History): Finding[] {
  const call = lastOf(history.calls, (one) => one.task.comm === task && one.ended === null);
  if (call === undefined || history.last === null) return [];
  return findingsOf(call, call.step, history.last, history);
}

/** Interrupts that nobody's call raised. */
const rootsIn = (step: number, history: History): Scope[] => [
  ...new Set(
    history.happenings
      .filter((one) => one.step === step)
      .map(({ scope }) => rootOf(scope))
      .filter((root): root is Scope => root !== null && root.kind === 'irq'),
  ),
];

function findingsOf(call: Call, step: number, asked: Snapshot, history: History): Finding[] {
  if (epollWaits.has(call.name)) {
    return ofWait(call, step, atTheEnd(call, step, asked, history), history);
  }
  if (call.name === 'epoll_ctl') {
    return [...ofControl(call, history), ...delays(call, step, history)];
  }
  if (askedIn(call.event).length > 0)
    return ofPoll(call, step, atTheEnd(call, step, asked, history), history);
  if (call.step !== step) return effects(call, step, asked, history);
  return [...ofOther(call, step, asked, history), ...delays(call, step, history)];
}

/** Who sleeps for ever has slept through all that came later. */
const atTheEnd = (call: Call, step: number, asked: Snapshot, { last }: History): Snapshot =>
  call.ended === null && call.diedIn === null && call.step === step && last !== null ? last : asked;
