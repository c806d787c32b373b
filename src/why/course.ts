/** How a wait went, whatever it waited for: held up, out of time, back in a later step, or never. */
import { failure } from './errors.ts';
import { type Call, rootOf } from './history/happening.ts';
import type { History } from './history.ts';
import { hopOf } from './hops.ts';
import { toldFinding, toldIn } from './told.ts';
import type { Finding } from './verdict.ts';

/** A call that had to wait for the mutex of an instance. */
export function delays(call: Call, step: number, history: History): Finding[] {
  return history.happenings
    .filter(({ fact, scope }) => fact === 'waits' && rootOf(scope) === call)
    .filter((one) => one.step === step || call.step === step)
    .map((one) => ({
      about: one.about,
      task: call.task.comm,
      fd: null,
      cause: 'waits-for-mutex',
      sentence: `${call.name}() of ${call.task.comm} waits for ${one.about}, from step ${one.step} on`,
      hops: [hopOf(one, `waits for ${one.about}`)],
    }));
}

/** A call that had slept came back with nothing. */
export function timedOut(call: Call, step: number): Finding[] {
  const { ended, endedIn, event, task } = call;
  if (ended?.ret !== 0 || endedIn !== step || call.step === step) return [];
  const sentence = `its time was up: ${event.name}() has slept since step ${call.step}`;
  return [{ about: call.name, task: task.comm, fd: null, cause: 'timed-out', sentence, hops: [] }];
}

/** The call slept at the end of the step, and returned in a later one. */
export function laterReturn(call: Call, step: number, history: History): Finding[] {
  const { ended, endedIn } = call;
  if (ended === null || endedIn === null || endedIn <= step) return [];
  const told = toldIn(call, history).map((one) => toldFinding(one, call, history));
  if (told.length > 0) {
    return told.map((one) => ({
      ...one,
      sentence: `at its return in step ${endedIn}: ${one.sentence}`,
    }));
  }
  return [
    {
      about: call.name,
      task: call.task.comm,
      fd: null,
      cause: ended.ret === 0 ? 'timed-out' : 'call-failed',
      ...(ended.ret === 0
        ? { sentence: `its time was up in step ${endedIn}, and nothing was told`, hops: [] }
        : failure(call, history)),
    },
  ];
}

/** The thread ended in the middle of the call: it was killed, or the process ended. */
export function diedFinding({ diedIn, name, task }: Call): Finding[] {
  if (diedIn === null) return [];
  const sentence = `${name}() of ${task.comm} does not come back: the thread ended in step ${diedIn}`;
  return [{ about: name, task: task.comm, fd: null, cause: 'ended', sentence, hops: [] }];
}
