/** What is not in the set: taken out again, or never added. */
import { EPOLL_CTL_ADD, EPOLLIN } from '../kernel/uapi/eventpoll.ts';
import { epollWaits, givers } from '../trace/calls/kinds.ts';
import { removedText } from './errors.ts';
import { stepOf } from './history/changes.ts';
import { type Call, type Happening, lastOf, rootOf } from './history/happening.ts';
import type { EpollNow, Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { callText, changeHop, hopsInCall } from './hops.ts';
import { fdOf } from './items.ts';
import type { Finding, Verdict } from './verdict.ts';

export function emptySet(ep: EpollNow, history: History): Verdict {
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

/** Items that are not in the set any more, and whose files have what they asked for. */
export function goneItems(ep: EpollNow, call: Call, seq: number, history: History): Finding[] {
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

/**
 * Files that somebody has put something into since the last wait, and that nobody has added. The other
 * end of a file that is watched is none of them, nor is an instance.
 */
export function unwatched(ep: EpollNow, call: Call, asked: Snapshot, history: History): Finding[] {
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

export function unregistered(fd: number, calls: readonly Call[], history: History): Finding[] {
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
