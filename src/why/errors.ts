/** Why epoll_ctl() or epoll_wait() failed, from what led there. */
import { EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLEXCLUSIVE } from '../kernel/uapi/eventpoll.ts';
import { errnoName, signalName } from '../kernel/uapi/names.ts';
import { type Call, type Happening, lastOf, rootOf } from './history/happening.ts';
import type { History } from './history.ts';
import { callText, type Hop, hopsInCall, rootHop } from './hops.ts';
import { interrupting, signalHop } from './signals.ts';

interface Reason {
  readonly sentence: string;
  readonly hops: readonly Hop[];
}

export function failure(call: Call, history: History): Reason {
  const name = errnoName(call.ended?.ret ?? 0);
  const reason =
    call.name === 'epoll_ctl' ? ofControl(call, name, history) : ofWait(call, name, history);
  const lead = `${call.name}() failed with ${name}`;
  return reason === null
    ? { sentence: lead, hops: [] }
    : { sentence: `${lead}: ${reason.sentence}`, hops: reason.hops };
}

const said = (sentence: string, hops: readonly Hop[] = []): Reason => ({ sentence, hops });

function ofControl(call: Call, name: string, history: History): Reason | null {
  const [epfd, op, fd, event] = call.event.args as [
    number,
    number,
    number,
    { events: number } | null,
  ];
  switch (name) {
    case 'EBADF': {
      const closed = call.fileName === null ? epfd : fd;
      return notOpen(closed, call, history);
    }
    case 'EEXIST': {
      const added = lastOf(
        history.happenings,
        ({ about, fact, seq }) => fact === 'added' && about.endsWith(`[${fd}]`) && seq < call.seq,
      );
      const since = added === undefined ? '' : ` since step ${added.step}`;
      return said(
        `${fd} is registered${since} with the same file`,
        added === undefined ? [] : hopsInCall(added, history),
      );
    }
    case 'ENOENT':
      return notInSet(fd, call, history);
    case 'EPERM':
      return said(`the file of ${fd} cannot be polled, as a regular file or /dev/null cannot`);
    case 'ELOOP':
      return said(
        'the instances would watch one another in a circle, or more than five levels deep',
      );
    case 'EFAULT':
      return said('there is no event to be read where the pointer leads');
    case 'EINVAL':
      return said(invalid(call, epfd, op, fd, event?.events ?? 0));
    default:
      return null;
  }
}

function invalid(call: Call, epfd: number, op: number, fd: number, events: number): string {
  if (call.ep === null) return `${epfd} is no epoll instance`;
  if (epfd === fd) return 'an instance cannot watch itself';
  if ((events & EPOLLEXCLUSIVE) !== 0) {
    if (op === EPOLL_CTL_MOD) return 'EPOLL_CTL_MOD does not take EPOLLEXCLUSIVE';
    return 'EPOLLEXCLUSIVE goes with EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLWAKEUP and EPOLLET alone, and an epoll instance cannot be watched with it';
  }
  if (op === EPOLL_CTL_MOD) return 'an item that was added with EPOLLEXCLUSIVE cannot be changed';
  return op === EPOLL_CTL_ADD
    ? 'too many paths would lead to the file'
    : 'there is no such operation';
}

function ofWait(call: Call, name: string, history: History): Reason | null {
  const [epfd, , maxevents] = call.event.args as [number, unknown, number];
  switch (name) {
    case 'EBADF':
      return notOpen(epfd, call, history);
    case 'EINVAL':
      if (maxevents <= 0) return said(`maxevents has to be positive, and was ${maxevents}`);
      return said(
        call.ep === null ? `${epfd} is no epoll instance` : 'an argument is out of range',
      );
    case 'EINTR':
      return interrupted(call, history);
    case 'EFAULT':
      return said('the events could not be written to the buffer; the item stays on the list');
    default:
      return null;
  }
}

/** A handler ran: of which signal, and who had sent that. */
export function interrupted(call: Call, history: History): Reason {
  const sent = interrupting(call, history);
  if (sent === undefined) return said('it was interrupted before anything was ready');
  const name = signalName(sent.signo);
  return said(
    `the handler of ${name}, which step ${sent.step} sent, ran before anything was ready`,
    [signalHop(sent)],
  );
}

export function notOpen(fd: number, call: Call, history: History): Reason {
  const closed = lastOf(
    history.calls,
    ({ ended, event, name, seq }) =>
      name === 'close' && event.args[0] === fd && ended?.ret === 0 && seq < call.seq,
  );
  if (closed === undefined) return closedByExec(fd, call, history);
  return said(`${fd} is not open since step ${closed.step} closed it`, rootHop(closed, history));
}

/** execve() closes what has O_CLOEXEC. */
function closedByExec(fd: number, call: Call, history: History): Reason {
  const exec = lastOf(
    history.calls,
    ({ ended, name, seq, task }) =>
      name === 'execve' && task.tgid === call.task.tgid && seq < call.seq && ended?.ret === 0,
  );
  const used =
    exec !== undefined &&
    history.calls.some(
      ({ ended, event, file, seq }) =>
        seq < exec.seq && (ended?.ret === fd || (event.args[0] === fd && file !== null)),
    );
  return exec !== undefined && used
    ? said(
        `${fd} is not open since step ${exec.step}: execve() closes what has O_CLOEXEC`,
        rootHop(exec, history),
      )
    : said(`${fd} is not open`);
}

/** The item that is asked for is not there: another one may be, of the same file or the same number. */
function notInSet(fd: number, call: Call, history: History): Reason {
  const before = history.happenings.filter(
    ({ about, fact, seq }) =>
      (fact === 'removed' || fact === 'added') && about.endsWith(`[${fd}]`) && seq < call.seq,
  );
  const last = before.at(-1);
  if (last?.fact === 'removed') return said(removedText(last), hopsInCall(last, history));
  const items = (history.asked?.epolls ?? []).flatMap(({ id, items }) =>
    id === call.ep ? items : [],
  );
  const same = items.find(({ file }) => file === call.target);
  const rule = 'an item is an open file and the number that it was added under';
  if (same !== undefined) {
    return said(
      `${rule}, and the file of ${fd} was added as ${same.fd}`,
      addingOf(same.id, history),
    );
  }
  if (last === undefined) return said(`${fd} was not added`);
  return said(
    `${rule}, and step ${last.step} added another file as ${fd}`,
    hopsInCall(last, history),
  );
}

/** The call that added an item. */
export function addingOf(item: number, history: History): Hop[] {
  const added = history.of(item).find(({ fact }) => fact === 'added');
  return added === undefined ? [] : hopsInCall(added, history);
}

/** Which call took an item out. */
export function removedText(removed: Happening): string {
  const root = rootOf(removed.scope);
  const by = root?.kind === 'call' ? ` (${callText(root as Call)})` : '';
  return `${removed.about} was taken out in step ${removed.step}${by}`;
}
