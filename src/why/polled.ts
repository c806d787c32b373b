/** Why poll() or select() came back with a descriptor, or did not. */
import { type Asked, askedIn, ends } from './asks.ts';
import { delays, laterReturn, timedOut } from './course.ts';
import { failure, notOpen } from './errors.ts';
import { type Change, stepOf } from './history/changes.ts';
import { type Call, type Happening, lastOf } from './history/happening.ts';
import type { Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { bits, callbackChain, changeHop, rootHop } from './hops.ts';
import { lackText } from './shortfall.ts';
import { silenceHop, silencesOf, silencesText } from './silence.ts';
import type { Finding, Verdict } from './verdict.ts';

export function ofPoll(call: Call, step: number, { seq }: Snapshot, history: History): Finding[] {
  const { ended, endedIn } = call;
  if (ended !== null && ended.ret < 0 && (endedIn ?? 0) <= step) {
    return [
      {
        about: call.name,
        task: call.task.comm,
        fd: null,
        cause: 'call-failed',
        ...failure(call, history),
      },
    ];
  }
  const later = ended !== null && endedIn !== null && endedIn > step;
  const held = delays(call, step, history);
  if (held.length > 0) return held;
  const now = asksAt(call, ended !== null && !later ? ended.seq : seq, history);
  if (!later) return [...now, ...notOpenIn(call, history), ...timedOut(call, step)];
  if (ended.ret <= 0) return [...now, ...laterReturn(call, step, history)];
  const then = asksAt(call, ended.seq, history).map((one) => ({
    ...one,
    sentence: `at its return in step ${endedIn}: ${one.sentence}`,
  }));
  return [...now, ...then];
}

/** poll() tells of numbers that are not open, select() fails for them. */
function notOpenIn(call: Call, history: History): Finding[] {
  const known = new Set(call.asks.map(({ fd }) => fd));
  return askedIn(call.event)
    .filter(({ fd }) => fd >= 0 && !known.has(fd))
    .map(({ fd }) => {
      const { hops, sentence } = notOpen(fd, call, history);
      return {
        about: String(fd),
        task: call.task.comm,
        fd,
        cause: 'told',
        sentence: `${sentence}: ${call.name}() says POLLNVAL`,
        hops,
      };
    });
}

function asksAt(call: Call, until: number, history: History): Finding[] {
  return call.asks.map((one) => ({
    about: one.name,
    task: call.task.comm,
    fd: one.fd,
    ...polled(one.file, one.name, one, call, until, history),
  }));
}

/** What poll found of a file at `seq`, and since when. */
function polled(
  file: number,
  name: string,
  { mask }: Asked,
  call: Call,
  seq: number,
  history: History,
): Verdict {
  const changes = history.changesOf(file).filter((one) => one.seq <= seq);
  const ready = (changes.at(-1)?.to ?? 0) & mask;
  if (ready !== 0) {
    const gained = lastOf(changes, ({ from, to }) => (from & ready) === 0 && (to & ready) !== 0);
    return {
      cause: 'told',
      sentence: `${name} has ${bits(ready)}${gained === undefined ? '' : `, since step ${stepOf(gained)}`}; ${call.name}() asks each file itself`,
      hops: gained === undefined ? [] : [changeHop(gained, name)],
    };
  }
  const lost: Change | undefined = lastOf(
    changes,
    ({ from, to }) => (from & mask) !== 0 && (to & mask) === 0,
  );
  const asks = mask & ~ends;
  const silent = silencesOf(file, asks, lost?.seq ?? call.seq, seq, history).slice(-3);
  const vain = wokenInVain(call, seq, history);
  return {
    cause: lost === undefined ? 'not-ready' : 'consumed',
    sentence: [
      `${name} has nothing of ${bits(asks === 0 ? mask : asks)}`,
      lost === undefined ? '' : ` any more, since step ${stepOf(lost)}`,
      lackAt(file, asks, seq, history),
      ...(silent.length === 0 ? [] : ['; ', silencesText(silent)]),
      vain === undefined
        ? ''
        : `; the wakeup of step ${vain.step} was for something else, and ${call.task.comm} slept on`,
    ].join(''),
    hops: [
      ...rootHop(call, history),
      ...(lost === undefined ? [] : [changeHop(lost, name)]),
      ...silent.map(silenceHop),
      ...(vain === undefined ? [] : callbackChain(vain, history)),
    ],
  };
}

/** What the file lacked, where it has not changed until somebody wrote that down. */
function lackAt(file: number, asks: number, seq: number, history: History): string {
  const snapshot = [history.asked, history.last].find((one) => (one?.seq ?? 0) >= seq) ?? null;
  const shortfall = snapshot?.lacks.get(file);
  if (snapshot === null || shortfall === undefined) return '';
  const later = history.changesOf(file).some((one) => one.seq > seq && one.seq <= snapshot.seq);
  const text = later ? null : lackText(shortfall, asks);
  return text === null ? '' : `: ${text}`;
}

/** The last wakeup of the sleeper, where it is not the one that it came back by. */
const wokenInVain = (call: Call, seq: number, history: History): Happening | undefined =>
  lastOf(
    history.happenings,
    (one) =>
      one.fact === 'wakeup' &&
      one.about === call.task.comm &&
      one.seq > call.seq &&
      one.seq < seq &&
      (call.ended === null || one.step !== call.endedIn),
  );
