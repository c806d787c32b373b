/** Why a call other than those of epoll failed, sleeps, or came back with nothing. */
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../kernel/uapi/eventpoll.ts';
import { errnoName } from '../kernel/uapi/names.ts';
import { givers, takers } from '../trace/calls/kinds.ts';
import { interrupted, notOpen } from './errors.ts';
import { type Change, stepOf } from './history/changes.ts';
import { type Call, lastOf, rootOf } from './history/happening.ts';
import type { Snapshot } from './history/snapshot.ts';
import type { History } from './history.ts';
import { changeHop, type Hop, hopOf, rootHop } from './hops.ts';
import { lackText, readingBits, writingBits } from './shortfall.ts';
import { silenceHop, silencesOf } from './silence.ts';
import type { Verdict } from './verdict.ts';

/** Null where the call did what it is for. */
export function outcomeOf(
  call: Call,
  step: number,
  asked: Snapshot,
  history: History,
): Verdict | null {
  const { ended, endedIn } = call;
  if (ended === null && leaving.has(call.name)) return null;
  if (ended === null || (endedIn ?? 0) > step) return sleeping(call, asked, history);
  if (ended.ret < 0) return failed(call, asked, history);
  if (ended.ret === 0 && takers.has(call.name) && call.name !== 'accept4')
    return atEnd(call, history);
  return null;
}

/** Calls that do not come back. */
const leaving: ReadonlySet<string> = new Set(['exit', 'exit_group', 'execve']);

const directionOf = ({ name }: Call): number =>
  takers.has(name) ? readingBits : givers.has(name) ? writingBits : 0;

/** What its file lacks, as `socket3: its receive queue is empty`. */
function lackOf(call: Call, { lacks }: Snapshot): string {
  const shortfall = call.file === null ? undefined : lacks.get(call.file);
  const text = shortfall === undefined ? null : lackText(shortfall, directionOf(call));
  return text === null ? '' : `: ${call.fileName}: ${text}`;
}

/** Since when, and where the file kept still about it. */
function sinceHops(call: Call, until: number, history: History): Hop[] {
  if (call.file === null) return [];
  const bit = (directionOf(call) & (EPOLLIN | EPOLLOUT)) as number;
  const lost: Change | undefined = lastOf(
    history.changesOf(call.file),
    ({ from, seq, to }) => seq <= until && (from & ~to & bit) !== 0,
  );
  const silent = silencesOf(call.file, bit, lost?.seq ?? 0, until, history).slice(-3);
  return [
    ...(lost === undefined ? [] : [changeHop(lost, call.fileName ?? '')]),
    ...silent.map(silenceHop),
  ];
}

function sleeping(call: Call, asked: Snapshot, history: History): Verdict {
  const { diedIn, ended, endedIn, name, task } = call;
  const later = ended !== null && ended.ret < 0 ? failed(call, asked, history) : null;
  const died = diedIn === null ? '' : `; the thread ends in step ${diedIn}, in the middle of it`;
  const back = ended === null ? died : `; it comes back in step ${endedIn}`;
  return {
    cause: 'sleeps',
    sentence: `${name}() of ${task.comm} sleeps${joinText(call, history) || lackOf(call, asked)}${back}${later === null ? '' : `: ${later.sentence}`}`,
    hops: [
      ...rootHop(call, history),
      ...sinceHops(call, asked.seq, history),
      ...(later?.hops ?? []),
    ],
  };
}

/** pthread_join() is a futex that the thread it waits for gives back at its end. */
function joinText({ event, name }: Call, { calls }: History): string {
  if (name !== 'futex') return '';
  const thread = calls.find(({ task }) => task.pid === event.args[0])?.task.comm;
  return thread === undefined ? '' : `: it waits for the end of ${thread}`;
}

function failed(call: Call, asked: Snapshot, history: History): Verdict {
  const name = errnoName(call.ended?.ret ?? 0);
  const lead = `${call.name}() failed with ${name}`;
  const { hops, sentence } = reasonOf(name, call, asked, history);
  return {
    cause: 'call-failed',
    sentence: sentence === '' ? lead : `${lead}${sentence}`,
    hops: hops.length === 0 ? rootHop(call, history) : hops,
  };
}

interface Reason {
  readonly sentence: string;
  readonly hops: readonly Hop[];
}

const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: ': nobody listens there',
  ECONNRESET: ': the peer has reset the connection',
  ENOTCONN: ': the socket is not connected',
  EISCONN: ': the socket is connected already',
  EINPROGRESS: ': the connection is made while the program goes on; EPOLLOUT tells of its end',
  EALREADY: ': an earlier connect() is under way',
  EADDRINUSE: ': another socket has that address',
  ECHILD: ': there is no such child',
  ESRCH: ': there is no such thread or process',
};

function reasonOf(name: string, call: Call, asked: Snapshot, history: History): Reason {
  const seq = call.ended?.seq ?? call.seq;
  switch (name) {
    case 'EINPROGRESS':
      return {
        sentence: plain[name] as string,
        hops: [...rootHop(call, history), ...notesIn(call, history)],
      };
    case 'EAGAIN':
      if (call.name === 'connect') {
        return {
          sentence: ': as many connections wait at the listener as its backlog takes',
          hops: [],
        };
      }
      return { sentence: lackOf(call, asked), hops: sinceHops(call, seq, history) };
    case 'EPIPE':
      return endReason(call, ': nobody can read what is written any more', ends, history);
    case 'EBADF':
      return ofBadNumber(call, history);
    case 'EINTR': {
      const { hops, sentence } = interrupted(call, history);
      return { sentence: `: ${sentence}`, hops };
    }
    default:
      return { sentence: plain[name] ?? '', hops: [] };
  }
}

/** What the kernel said on the way: that a packet was dropped, say. */
const notesIn = (call: Call, history: History): Hop[] =>
  history.happenings
    .filter(({ fact, scope }) => fact === 'note' && rootOf(scope) === call)
    .map((one) => hopOf(one, one.about));

function ofBadNumber(call: Call, history: History): Reason {
  const fd = Number(call.event.args[0]);
  if (call.file !== null) {
    return { sentence: `: ${fd} is not open for that, or takes no such call`, hops: [] };
  }
  const { hops, sentence } = notOpen(fd, call, history);
  return { sentence: `: ${sentence}`, hops };
}

const ends = EPOLLERR | EPOLLHUP | EPOLLRDHUP;

/** When the other side went away: it closed, or shut a direction down, or refused what was sent. */
function endReason(call: Call, what: string, bits: number, history: History): Reason {
  const { file, fileName } = call;
  if (file === null) return { sentence: what, hops: [] };
  const gained = (mask: number): Change | undefined =>
    lastOf(
      history.changesOf(file),
      ({ from, seq, to }) => seq <= call.seq && (to & ~from & mask) !== 0,
    );
  const ended = gained(bits);
  if (ended === undefined) return shutReason(call, what, history);
  const actor = ended.by?.kind === 'call' ? `${ended.by.name}() of ${ended.by.task.comm} in ` : '';
  const since = `${actor}step ${stepOf(ended)}`;
  // What was sent to a connection that is gone is answered with a reset.
  const first = ended.by !== null && givers.has(ended.by.name) ? gained(EPOLLRDHUP) : undefined;
  return {
    sentence: `${what}, since ${since}${first === undefined ? '' : `, which the peer, gone since step ${stepOf(first)}, answered with a reset`}`,
    hops: [
      ...(first === undefined ? [] : [changeHop(first, fileName ?? '')]),
      changeHop(ended, fileName ?? ''),
    ],
  };
}

/** A shutdown of the own side, or one of the peer that no event tells of. */
function shutReason(call: Call, what: string, history: History): Reason {
  const told = lastOf(
    history.happenings,
    ({ about, fact, scope, seq }) =>
      fact === 'wake' &&
      seq < call.seq &&
      about.startsWith(`${call.fileName}->`) &&
      rootOf(scope)?.name === 'shutdown',
  );
  const own = lastOf(
    history.calls,
    ({ file, name, seq }) => name === 'shutdown' && file === call.file && seq < call.seq,
  );
  const shut = own ?? rootOf(told?.scope ?? null);
  if (shut === null) return { sentence: what, hops: [] };
  return {
    sentence: `${what}, since step ${shut.step} shut it down`,
    hops: rootHop(shut, history),
  };
}

function atEnd(call: Call, history: History): Verdict | null {
  const what = `${call.name}() is at the end of ${call.fileName}`;
  const stream = endReason(call, what, EPOLLRDHUP, history);
  const { hops, sentence } =
    stream.hops.length > 0 ? stream : endReason(call, what, EPOLLHUP, history);
  return hops.length === 0 ? null : { cause: 'end-of-file', sentence, hops };
}
