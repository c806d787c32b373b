/**
 * The answer to "why did I get this event, and why not that one": what a step came to, a finding for
 * each event that was told, for each item that was not told of, and for each wakeup.
 */
import { EPOLL_CTL_ADD, EPOLLIN } from '../kernel/uapi/eventpoll.ts';
import { epollWaits, givers, takers } from '../trace/calls/kinds.ts';
import { absence, type Cause, type Verdict, winnerOf } from './absence.ts';
import { addingOf, failure, notOpen, removedText } from './errors.ts';
import {
  type Call,
  type Change,
  type EpollNow,
  type Happening,
  type History,
  type ItemNow,
  isWithin,
  lastOf,
  rootOf,
  type Scope,
  type Snapshot,
  stepOf,
} from './history.ts';
import {
  actorOf,
  bits,
  callbackChain,
  callText,
  changeHop,
  type Hop,
  hopOf,
  hopsInCall,
  keyText,
  rootHop,
} from './hops.ts';
import { outcomeOf } from './outcome.ts';
import { askedIn, polled } from './polled.ts';
import { signalsOf, sleptThrough } from './signals.ts';
import { silenceHop, silencesIn, silenceText } from './silence.ts';
import { changeOf, gainsOf, originOf, scanOf, toldChain, wakeupsBy } from './told.ts';

export type { Cause } from './absence.ts';
export type { Hop } from './hops.ts';

/** One thing that happened, or did not. */
export interface Finding extends Verdict {
  /** An item such as `ep3[4]`, or whom a wakeup was for. */
  readonly about: string;
  /** The task whose call it is an answer for. */
  readonly task: string;
  /** The number that the item was added under; null where it is about no item. */
  readonly fd: number | null;
}

export interface Answer {
  readonly step: number;
  /** What was done in the step: each call, with its result. */
  readonly calls: readonly string[];
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

/** Of a call that is none of epoll's: what came of it, and what it did. */
function ofOther(call: Call, step: number, asked: Snapshot, history: History): Finding[] {
  const held = delays(call, step, history).length > 0;
  const outcome = held ? null : outcomeOf(call, step, asked, history);
  const base = { about: call.name, task: call.task.comm, fd: null };
  const brought = effects(call, step, asked, history);
  const woke = brought.some(({ cause }) => cause === 'wakes');
  const findings = [
    ...(outcome === null ? [] : [{ ...base, ...outcome }]),
    ...signalsOf(call, history)
      .filter(({ cause }) => !woke || cause !== 'signal-taken' || kills(call, history))
      .map((one) => ({ ...base, ...one })),
    ...brought,
    ...(call.name === 'close' && brought.length === 0 ? stillOpen(call, asked, history) : []),
  ];
  return findings.length > 0 ? findings : nothing(call, asked, history);
}

/** Did it send a signal that is the end of somebody? */
const kills = (call: Call, { signals }: History): boolean =>
  signals.some(({ fate, scope }) => fate === 'fatal' && rootOf(scope) === call);

/** A close that was not the last one of its file. */
function stillOpen(call: Call, asked: Snapshot, history: History): Finding[] {
  const { ended, file, fileName, task } = call;
  if (file === null || ended?.ret !== 0) return [];
  const users = history.calls.filter(
    (one) =>
      one.file === file && one.seq < call.seq && (one.ended === null || one.ended.seq > ended.seq),
  );
  const numbers = asked.open.get(file) ?? [];
  const by = [
    ...users.map((one) => `${one.task.comm}, which is in ${one.name}() since step ${one.step}`),
    ...numbers,
  ];
  if (by.length === 0) return [];
  return [
    {
      about: fileName ?? '',
      task: task.comm,
      fd: null,
      cause: 'still-open',
      sentence: `${fileName} stays open, so nothing else happens: it is still in use as ${by.join(', ')}`,
      hops: rootHop(call, history),
    },
  ];
}

// ── epoll_wait ───────────────────────────────────────────────────────────────────────────────

function ofWait(call: Call, step: number, asked: Snapshot, history: History): Finding[] {
  const base = { task: call.task.comm };
  const ended = call.ended !== null && (call.endedIn ?? 0) <= step ? call.ended : null;
  if (ended !== null && ended.ret < 0) {
    return [
      {
        ...base,
        about: call.name,
        fd: null,
        cause: 'call-failed',
        ...failure(call, history),
      },
    ];
  }
  const ep = asked.epolls.find(({ id }) => id === call.ep) ?? null;
  const died = diedFinding(call);
  if (ep === null && died.length > 0) return died;
  const told = toldIn(call, history).filter((one) => one.step <= step || call.endedIn === step);
  const findings = told.map((one) => toldFinding(one, call, history));
  if (ep === null) return findings;
  const seen = new Set(told.map(({ object }) => object));
  const others = ep.items.filter(({ id }) => !seen.has(id));
  if (ep.items.length === 0 && told.length === 0) {
    findings.push({ ...base, about: ep.name, fd: null, ...emptySet(ep, history) });
  }
  return [
    ...findings,
    ...others.map((item) => ({
      ...base,
      about: item.name,
      fd: item.fd,
      ...absence(
        ended === null ? item : itemAt(item, ended.seq, history),
        ep,
        call,
        ended,
        ended?.seq ?? asked.seq,
        history,
      ),
    })),
    ...goneItems(ep, call, ended?.seq ?? asked.seq, history),
    ...(told.length === 0 ? unwatched(ep, call, asked, history) : []),
    ...laterReturn(call, step, history),
    ...sleptThrough(call, ended?.seq ?? asked.seq, history).map((one) => ({
      ...base,
      about: call.name,
      fd: null,
      ...one,
    })),
    ...timedOut(call, step),
    ...died,
    ...delays(call, step, history),
  ];
}

/** Items that are not in the set any more, and whose files have what they asked for. */
function goneItems(ep: EpollNow, call: Call, seq: number, history: History): Finding[] {
  if (ep.items.length === 0) return []; // The set as a whole is answered for.
  const gone = history.happenings.filter(
    ({ about, fact, seq: then }) =>
      fact === 'removed' && then <= seq && about.startsWith(`${ep.name}[`),
  );
  return gone
    .filter(({ about }) => !ep.items.some(({ name }) => name === about))
    .filter((one) => isReadyStill(one, seq, history))
    .map((one) => ({
      about: one.about,
      task: call.task.comm,
      fd: fdOf(one.about),
      cause: 'not-registered',
      sentence: `${one.about} is not in the set: it ${removedText(one).slice(one.about.length + 1)}`,
      hops: hopsInCall(one, history),
    }));
}

/**
 * Files that somebody has put something into since the last wait, and that nobody has added. The other
 * end of a file that is watched is none of them, nor is an instance.
 */
function unwatched(ep: EpollNow, call: Call, asked: Snapshot, history: History): Finding[] {
  const until = call.ended?.seq ?? asked.seq;
  const before = lastOf(
    history.calls,
    (one) => one.ep === ep.id && one.seq < call.seq && epollWaits.has(one.name),
  );
  return [...asked.names].flatMap(([file, name]) => {
    if (asked.watched.has(file) || asked.instances.has(file)) return [];
    const changes = history.changesOf(file).filter(({ seq }) => seq <= until);
    const gained = lastOf(changes, ({ from, to }) => (to & ~from & EPOLLIN) !== 0);
    const by = gained?.by ?? null;
    if (gained === undefined || by?.kind !== 'call' || !givers.has(by.name)) return [];
    const { file: into } = by as Call;
    if (into !== null && asked.watched.has(into)) return [];
    const over = ((changes.at(-1)?.to ?? 0) & EPOLLIN) === 0;
    if (over || gained.seq < (before?.seq ?? 0)) return [];
    const numbers = asked.open.get(file)?.join(', ') ?? '';
    return [
      {
        about: name,
        task: call.task.comm,
        fd: null,
        cause: 'not-registered' as const,
        sentence: `${name} (${numbers}) has EPOLLIN since step ${stepOf(gained)}, and no instance watches it`,
        hops: [changeHop(gained, name)],
      },
    ];
  });
}

function isReadyStill({ object, seq: removed }: Happening, seq: number, history: History): boolean {
  const before = history.of(object).filter((one) => one.seq < removed);
  const mask = lastOf(before, ({ fact }) => fact === 'added' || fact === 'changed')?.detail ?? 0;
  const added = before.find(({ fact }) => fact === 'added');
  const root = rootOf(added?.scope ?? null);
  const file = root?.kind === 'call' ? (root as Call).target : null;
  if (file === null) return false;
  const last = lastOf(history.changesOf(file), (one) => one.seq <= seq);
  return ((last?.to ?? 0) & mask) !== 0;
}

/** The thread ended in the middle of the call: it was killed, or the process ended. */
function diedFinding({ diedIn, name, task }: Call): Finding[] {
  if (diedIn === null) return [];
  const sentence = `${name}() of ${task.comm} does not come back: the thread ended in step ${diedIn}`;
  return [{ about: name, task: task.comm, fd: null, cause: 'ended', sentence, hops: [] }];
}

/** The item as it was at an earlier moment. */
function itemAt(item: ItemNow, seq: number, history: History): ItemNow {
  const { first } = originOf(item.id, Number.POSITIVE_INFINITY, history);
  const later = first !== null && first.seq > seq;
  const before = history.changesOf(item.file).filter((one) => one.seq <= seq);
  const ready = item.ready === null ? null : (before.at(-1)?.to ?? 0);
  return { ...item, ready, on: later ? null : item.on };
}

const toldIn = (call: Call, history: History): Happening[] =>
  history.happenings.filter(({ fact, scope }) => fact === 'told' && rootOf(scope) === call);

function toldFinding(told: Happening, call: Call, history: History): Finding {
  const item = itemOf(told.object, history);
  const file = item === null ? null : { id: item.file, name: item.fileName };
  const hops = toldChain(told, call, file, history);
  return {
    about: told.about,
    task: call.task.comm,
    fd: item?.fd ?? null,
    cause: 'told',
    sentence: `${told.about}: ${bits(told.detail)} was told to ${call.task.comm}${reason(told, history)}`,
    hops,
  };
}

/** How the item came onto the list, and what came to it there. */
function reason(told: Happening, history: History): string {
  const { first } = originOf(told.object, scanOf(told, history), history);
  const root = rootOf(first?.scope ?? null);
  if (first === null || root === null) return '';
  const item = itemOf(told.object, history);
  const gains = gainsOf(told, first, item === null ? null : { id: item.file }, history);
  const changed = changeOf(told, first, history);
  const more = [
    ...gains.map((one) => {
      const { by, from, to } = one;
      const what = by === null ? '' : ` (${rootText(by)})`;
      return `; ${bits(to & ~from & told.detail)} came in step ${stepOf(one)}${what}`;
    }),
    ...(changed === undefined ? [] : [`; step ${changed.step} changed what it asks for`]),
  ].join('');
  const looked = changed === undefined ? undefined : readyAt(changed, told, history);
  if (looked !== undefined && first.detail !== 0 && (first.detail & told.detail) === 0) {
    return `: it was ready already when step ${looked.step} changed what it asks for (${rootText(rootOf(looked.scope) ?? root)}), and stood on rdllist since step ${first.step}`;
  }
  switch (first.fact) {
    case 'again':
      return `: it was level-triggered and still ready, so step ${first.step} had put it back onto rdllist${more}`;
    case 'found':
      return `: it was ready already when step ${first.step} looked (${rootText(root)})${more}`;
    default:
      return `: step ${first.step} (${rootText(root)}) woke its wait queue with ${keyText(first.detail)}${more}`;
  }
}

/** What EPOLL_CTL_MOD found ready of the new mask. */
const readyAt = (
  { object, scope }: Happening,
  told: Happening,
  history: History,
): Happening | undefined =>
  history
    .of(object)
    .find(
      (one) =>
        one.fact === 'polled' &&
        rootOf(one.scope) === rootOf(scope) &&
        (one.detail & told.detail) !== 0,
    );

const rootText = (root: Scope): string =>
  root.kind === 'call' ? `${root.task.comm}: ${callText(root as Call)}` : `interrupt ${root.name}`;

function itemOf(id: number, { asked, last }: History): ItemNow | null {
  for (const snapshot of [asked, last]) {
    for (const { items } of snapshot?.epolls ?? []) {
      const item = items.find((one) => one.id === id);
      if (item !== undefined) return item;
    }
  }
  return null;
}

function emptySet(ep: EpollNow, history: History): Verdict {
  const removed = history.happenings.filter(
    ({ about, fact }) => fact === 'removed' && about.startsWith(`${ep.name}[`),
  );
  const last = removed.at(-1);
  return {
    cause: 'not-registered',
    sentence:
      last === undefined
        ? `nothing is registered in ${ep.name}`
        : `nothing is registered in ${ep.name} any more: ${last.about} was taken out in step ${last.step}`,
    hops: last === undefined ? [] : hopsInCall(last, history),
  };
}

/** A call that had slept came back with nothing. */
function timedOut(call: Call, step: number): Finding[] {
  const { ended, endedIn, event, task } = call;
  if (ended?.ret !== 0 || endedIn !== step || call.step === step) return [];
  const sentence = `its time was up: ${event.name}() has slept since step ${call.step}`;
  return [{ about: call.name, task: task.comm, fd: null, cause: 'timed-out', sentence, hops: [] }];
}

/** A call that had to wait for the mutex of an instance. */
function delays(call: Call, step: number, history: History): Finding[] {
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

/** The call slept at the end of the step, and returned in a later one. */
function laterReturn(call: Call, step: number, history: History): Finding[] {
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

// ── poll and select ──────────────────────────────────────────────────────────────────────────

function ofPoll(call: Call, step: number, { seq }: Snapshot, history: History): Finding[] {
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

// ── epoll_ctl ────────────────────────────────────────────────────────────────────────────────

function ofControl(call: Call, history: History): Finding[] {
  const fd = Number(call.event.args[2]);
  const base = { task: call.task.comm, fd };
  if (call.ended !== null && call.ended.ret < 0) {
    return [{ ...base, about: call.name, cause: 'call-failed', ...failure(call, history) }];
  }
  const own = history.happenings.filter(({ scope }) => rootOf(scope) === call);
  const polled = own.find(({ fact }) => fact === 'polled');
  const found = own.find(({ fact }) => fact === 'found');
  const removed = own.find(({ fact }) => fact === 'removed');
  if (removed !== undefined) {
    return [
      {
        ...base,
        about: removed.about,
        cause: 'removed',
        sentence: `${removed.about} is taken out`,
        hops: [hopOf(removed)],
      },
    ];
  }
  if (polled === undefined) return [];
  if (polled.detail === 0) {
    return [
      {
        ...base,
        about: polled.about,
        cause: 'not-ready',
        sentence: unreadyText(call, polled, history),
        hops: [hopOf(polled)],
      },
    ];
  }
  const queued = found ?? polled;
  return [
    {
      ...base,
      about: polled.about,
      cause: found === undefined ? 'already-linked' : 'queued',
      sentence:
        found === undefined
          ? `${polled.about} has ${bits(polled.detail)}, and is on the list already`
          : `${polled.about} has ${bits(polled.detail)} already: it is queued without any wakeup`,
      hops: [hopOf(queued), ...after(queued, history)],
    },
  ];
}

/** Nothing of the mask is ready: of a new item, or of one that may stand on a list already. */
function unreadyText(call: Call, { about, object, seq }: Happening, history: History): string {
  if (call.event.args[1] === EPOLL_CTL_ADD) {
    return `${about} is watched from here on; its file has nothing of the mask yet, so it is not queued`;
  }
  const { first } = originOf(object, seq, history);
  const taken = history
    .of(object)
    .some(
      (one) =>
        (one.fact === 'told' || one.fact === 'gone') &&
        one.seq > (first?.seq ?? 0) &&
        one.seq < seq,
    );
  const stays = first !== null && (!taken || first.fact === 'again');
  return stays
    ? `${about} asks for other events from here on, and has nothing of them; it stays on the list where step ${first.step} put it, until it is polled again`
    : `${about} asks for other events from here on, and has nothing of them yet`;
}

// ── what a call, or an interrupt, brings about ───────────────────────────────────────────────

const callbacks: ReadonlySet<string> = new Set([
  'queued',
  'overflowed',
  'queued already',
  'masked',
  'disabled',
  'spared',
]);

/** Of a call that began in an earlier step only what it did in this one. */
function effects(root: Scope, step: number, asked: Snapshot, history: History): Finding[] {
  const own = history.happenings.filter(
    (one) => rootOf(one.scope) === root && (root.step === step || one.step === step),
  );
  const found = own.filter(({ fact, about }) => callbacks.has(fact) && about.includes('['));
  const findings = [
    ...found.map((one) => effectOf(one, history)),
    ...own.filter(({ fact }) => fact === 'removed').map((one) => removal(one, history)),
  ];
  if (root.kind === 'call' && root.name === 'close') {
    findings.push(...stillRegistered(root as Call, asked, history));
  }
  if (findings.length > 0) return findings;
  const woken = own.filter(({ fact }) => fact === 'wakeup');
  return woken.map((one) => wokenFinding(one, history));
}

const removal = (removed: Happening, history: History): Finding => ({
  about: removed.about,
  task: removed.task.comm,
  fd: fdOf(removed.about),
  cause: 'removed',
  sentence: removedText(removed),
  hops: hopsInCall(removed, history),
});

/** The number in the name of an item. */
const fdOf = (item: string): number => Number(item.slice(item.indexOf('[') + 1, -1));

/** A close that was not the last of its file leaves the items. */
function stillRegistered(call: Call, asked: Snapshot, history: History): Finding[] {
  const fd = Number(call.event.args[0]);
  if (call.ended?.ret !== 0 || call.endedIn !== call.step || call.file === null) return [];
  const items = asked.epolls.flatMap(({ items }) => items.filter(({ file }) => file === call.file));
  return items.map((item) => ({
    about: item.name,
    task: call.task.comm,
    fd: item.fd,
    cause: 'still-registered',
    sentence: `${item.name} stays registered: an item belongs to the open file ${item.fileName}, which lives on after close(${fd}) under another number or in another process`,
    hops: addingOf(item.id, history),
  }));
}

function effectOf(happening: Happening, history: History): Finding {
  const item = itemOf(happening.object, history);
  const chain = callbackChain(happening, history);
  return {
    about: happening.about,
    task: actorOf(rootOf(happening.scope), happening.task.comm),
    fd: item?.fd ?? null,
    ...effect(happening, history),
    hops: [...chain, ...after(happening, history)],
  };
}

function effect(happening: Happening, history: History): { cause: Cause; sentence: string } {
  const { about, detail, fact, step } = happening;
  const next = fateOf(happening, history);
  const fate = next === undefined ? '; nobody has taken it' : `; ${fateText(next)}`;
  switch (fact) {
    case 'queued':
      return { cause: 'queued', sentence: `${about} is put onto rdllist${fate}` };
    case 'overflowed':
      return {
        cause: 'in-ovflist',
        sentence: `a scan is open, so ${about} is put onto ovflist${fate}`,
      };
    case 'queued already': {
      const since = queuedSince(happening, history);
      const from = since === undefined ? '' : ` since step ${since.step}`;
      return {
        cause: 'already-linked',
        sentence: `${about} is already linked${from}: the wakeup changes nothing${fate}`,
      };
    }
    case 'masked':
      return {
        cause: 'masked-by-key',
        sentence: `${about} is masked by the key: it does not ask for ${bits(detail)}, so it is not queued`,
      };
    case 'disabled':
      return {
        cause: 'disabled-by-oneshot',
        sentence: `${about} is disabled by EPOLLONESHOT, which was spent before step ${step}`,
      };
    default: {
      const winner = winnerOf(happening, history);
      return {
        cause: 'exclusive-went-elsewhere',
        sentence: `${about} is not woken: the exclusive wakeup went to ${winner?.about ?? 'another one'}`,
      };
    }
  }
}

const queuedSince = ({ object, seq }: Happening, history: History): Happening | undefined =>
  lastOf(
    history.of(object),
    (one) => one.seq < seq && ['queued', 'overflowed', 'found', 'again'].includes(one.fact),
  );

/** What became of an item that was queued: told, or not ready any more. An open scan passes it by. */
const fateOf = (happening: Happening, history: History): Happening | undefined =>
  ['masked', 'disabled', 'spared'].includes(happening.fact)
    ? undefined
    : history
        .of(happening.object)
        .find(
          (one) =>
            one.seq > happening.seq &&
            (one.fact === 'removed' ||
              ((one.fact === 'told' || one.fact === 'gone') &&
                scanOf(one, history) > happening.seq)),
        );

function fateText({ detail, fact, step, task }: Happening): string {
  if (fact === 'told') return `${task.comm} is told ${bits(detail)} in step ${step}`;
  if (fact === 'gone')
    return `in step ${step} ${task.comm} polls it again, and it has nothing any more`;
  return `it is taken out in step ${step}`;
}

/** Who is woken for it, and what becomes of it. */
function after(happening: Happening, history: History): Hop[] {
  const hops: Hop[] = [];
  const woken = history.happenings.find(
    ({ fact, scope, seq }) =>
      fact === 'wakeup' && seq > happening.seq && isWithin(scope, happening.scope),
  );
  if (woken !== undefined) {
    const call = callOfWoken(woken, history);
    hops.push(...(call === undefined ? [hopOf(woken)] : wakeupsBy(happening, call, history)));
  }
  const fate = fateOf(happening, history);
  if (fate !== undefined) hops.push(hopOf(fate));
  return hops;
}

/** The call that a task sleeps in when it is woken. */
const callOfWoken = ({ about, seq }: Happening, history: History): Call | undefined =>
  lastOf(history.calls, (call) => call.task.comm === about && call.seq < seq);

function wokenFinding(woken: Happening, history: History): Finding {
  const actor = actorOf(rootOf(woken.scope), woken.task.comm);
  const call = callOfWoken(woken, history);
  const on = call !== undefined && sleepsOn(call, woken, history);
  const where =
    call === undefined
      ? ''
      : `, which sleeps in ${call.name}() since step ${call.step}${on ? ', finds nothing that it waits for, and sleeps on' : ''}`;
  return {
    about: woken.about,
    task: actor,
    fd: null,
    cause: 'wakes',
    sentence: `${actor} wakes ${woken.about}${where}`,
    hops: callbackChain(woken, history),
  };
}

/** In lockstep everything that follows from a step has happened at its end. */
const sleepsOn = (call: Call, { step }: Happening, { scene }: History): boolean =>
  scene?.kind === 'scenario' &&
  call.diedIn !== step &&
  (call.ended === null || (call.endedIn ?? 0) > step);

/** accept4() takes a connection, whose number is no count. */
const movesBytes = ({ ended, name }: Call): boolean =>
  (givers.has(name) || (takers.has(name) && name !== 'accept4')) && (ended?.ret ?? 0) > 0;

/** A call that woke nobody. */
function nothing(call: Call, asked: Snapshot, history: History): Finding[] {
  const own = history.happenings.filter(({ scope }) => rootOf(scope) === call);
  const silent = silencesIn(call, own);
  if (silent.length > 0) return [keptStill(call, silent)];
  const notes = own.filter(({ fact }) => fact === 'note');
  const wakes = own.filter(({ fact, about }) => fact === 'wake' && !about.includes('exited'));
  const changes = changesBy(call, asked, history);
  const hops = [
    ...notes.map((one) => hopOf(one, one.about)),
    ...wakes.map((one) => hopOf(one, `wakes ${one.about}, where nobody waits`)),
    ...changes.map(({ change, name }) => changeHop(change, name)),
  ];
  if (hops.length === 0 && !movesBytes(call)) return [];
  return [
    {
      about: call.name,
      task: call.task.comm,
      fd: null,
      cause: wakes.length === 0 ? 'no-wakeup' : 'nobody-waits',
      sentence:
        wakes.length === 0
          ? `${callText(call)} makes no wakeup: ${quietText(changes, notes)}`
          : `${callText(call)} wakes ${wakes.map(({ about }) => about).join(', ')}, where no item and no task waits`,
      hops: hops.length === 0 ? rootHop(call, history) : hops,
    },
  ];
}

/** A file that has other things ready since a call, and the items that watch it. */
interface Changed {
  readonly name: string;
  readonly change: Change;
  readonly items: readonly string[];
}

function changesBy(call: Call, { epolls, names }: Snapshot, history: History): Changed[] {
  const items = epolls.flatMap((ep) => ep.items);
  return [...names].flatMap(([file, name]) => {
    const change = history.changesOf(file).find(({ by }) => by === call);
    if (change === undefined || history.makerOf(file) === call) return [];
    return [
      { name, change, items: items.filter((one) => one.file === file).map((one) => one.name) },
    ];
  });
}

function quietText(changes: readonly Changed[], notes: readonly Happening[]): string {
  const watched = changes.flatMap(({ items }) => items);
  if (watched.length > 0) {
    return `${watched.join(', ')}: the change shows when the file is polled`;
  }
  const gained = changes.filter(({ change }) => (change.to & ~change.from) !== 0);
  if (gained.length > 0) return `nobody waits for ${gained.map(({ name }) => name).join(', ')}`;
  const [note] = notes.slice(-1);
  return note === undefined ? 'no file has anything ready that it had not before' : note.about;
}

function keptStill(call: Call, silent: readonly Happening[]): Finding {
  const why = silent.map((one) => `${one.about}: ${silenceText(one)}`).join('; ');
  return {
    about: call.name,
    task: call.task.comm,
    fd: null,
    cause: 'no-wakeup',
    sentence: `${callText(call)} wakes nobody: ${why}`,
    hops: silent.map(silenceHop),
  };
}

// ── what is not in the set ───────────────────────────────────────────────────────────────────

function unregistered(fd: number, calls: readonly Call[], history: History): Finding[] {
  const call = calls[0];
  const before = history.calls.filter(
    ({ event, name, seq }) =>
      name === 'epoll_ctl' && event.args[2] === fd && (call === undefined || seq < call.seq),
  );
  const adds = before.filter(({ event }) => event.args[1] === EPOLL_CTL_ADD);
  const removed = lastOf(
    history.happenings,
    ({ about, fact, seq }) =>
      fact === 'removed' && about.endsWith(`[${fd}]`) && (call === undefined || seq < call.seq),
  );
  const failed = lastOf(adds, ({ ended }) => ended !== null && ended.ret < 0);
  const root = removed === undefined ? null : rootOf(removed.scope);
  const sentence =
    removed !== undefined
      ? `${removed.about} is not registered any more: ${root?.name ?? 'a close'}() took it out in step ${removed.step}`
      : failed !== undefined
        ? `${fd} is not registered: ${callText(failed)} in step ${failed.step}`
        : `${fd} is not registered: no EPOLL_CTL_ADD has added it`;
  return [
    {
      about: String(fd),
      task: call?.task.comm ?? '',
      fd,
      cause: 'not-registered',
      sentence,
      hops: removed === undefined ? [] : hopsInCall(removed, history),
    },
  ];
}
