/** What epoll_ctl() came to: whether the item is on the list from here on, and why. */
import { EPOLL_CTL_ADD } from '../kernel/uapi/eventpoll.ts';
import { after } from './effects.ts';
import { failure } from './errors.ts';
import { type Call, type Happening, rootOf } from './history/happening.ts';
import type { History } from './history.ts';
import { bits, hopOf } from './hops.ts';
import { originOf } from './origin.ts';
import type { Finding } from './verdict.ts';

export function ofControl(call: Call, history: History): Finding[] {
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
