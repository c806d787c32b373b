/** epoll_create to epoll_pwait2: the calls of the log on the model's eventpoll. */

import { ep_find } from '../kernel/eventpoll/ctl.ts';
import { do_epoll_ctl } from '../kernel/eventpoll/index.ts';
import { ep_events_available } from '../kernel/eventpoll/scan.ts';
import {
  EP_PRIVATE_BITS,
  EP_UNACTIVE_PTR,
  ep_is_linked,
  type epitem,
  eventpoll,
} from '../kernel/eventpoll/types.ts';
import type { file } from '../kernel/file.ts';
import type { epoll_data_t, epoll_event } from '../kernel/uaccess.ts';
import * as uapi from '../kernel/uapi/eventpoll.ts';
import { epollFlags } from '../kernel/uapi/names.ts';
import { type Call, type Pending, succeeded, type Thread } from './call.ts';
import { maskOf } from './descriptors.ts';
import type { Harvest } from './mirror.ts';
import { standInOf } from './standin.ts';
import { type FdText, fdOf, flagWord, hasFlag, numberOf } from './text.ts';
import { briefName, type World } from './world.ts';

const bits: ReadonlyMap<string, number> = new Map(
  Object.entries(uapi).filter(([name]) => /^EPOLL(?!_)/.test(name)) as [string, number][],
);

const eventPattern =
  /\{(?:events=)?([A-Z0-9a-z_|]+(?: \/\* \S+ \*\/)?), (?:data=)?(\{[^{}]*\}|[^{},\s]+)\}/g;

/** The events that a call printed, as far as it printed them. */
export function eventsOf(text: string): epoll_event[] {
  const events: epoll_event[] = [];
  for (const [, word, data] of text.matchAll(eventPattern)) {
    events.push({ events: flagWord(word as string, bits), data: dataOf(data as string) });
  }
  return events;
}

/** `{u32=5, u64=5}`, `0x5`, `{ptr=0x…}` */
function dataOf(text: string): epoll_data_t {
  const digits = /u64=(0x[0-9a-f]+|\d+)/.exec(text)?.[1] ?? /(0x[0-9a-f]+|\d+)\}?$/.exec(text)?.[1];
  if (digits === undefined || digits.length > 20) return 0;
  const value = BigInt(digits);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

// ── epoll_create ─────────────────────────────────────────────────────────────────────────────────

export function created(world: World, call: Call): void {
  const { thread, returned, args } = call;
  if (!succeeded(call)) return;
  const made = world.newEpoll(thread);
  world.mirror.install(
    thread.task,
    returned.ret as number,
    made,
    hasFlag(args[0], 'EPOLL_CLOEXEC'),
  );
}

// ── epoll_ctl ────────────────────────────────────────────────────────────────────────────────────

const operations: ReadonlyMap<string, number> = new Map([
  ['EPOLL_CTL_ADD', uapi.EPOLL_CTL_ADD],
  ['EPOLL_CTL_DEL', uapi.EPOLL_CTL_DEL],
  ['EPOLL_CTL_MOD', uapi.EPOLL_CTL_MOD],
]);

interface Control {
  readonly op: number;
  readonly ep: eventpoll | null;
  readonly epfd: FdText;
  readonly fd: FdText;
  readonly f: file | null;
  readonly event: epoll_event | null;
}

function controlOf(
  world: World,
  thread: Thread,
  args: readonly string[],
  isBad = false,
): Control | null {
  const [epfd, fd] = [fdOf(args[0]), fdOf(args[2])];
  if (epfd === null || fd === null) return null;
  const op = operations.get(args[1] ?? '') ?? numberOf(args[1]) ?? 0;
  const event = eventsOf(args[3] ?? '')[0] ?? null;
  const ep = world.epollOf(thread, epfd);
  // Nobody has opened a descriptor that the log says is closed.
  const f = isBad ? world.mirror.fileOf(thread.task, fd.fd) : world.fileOf(thread, fd);
  return { op, ep, epfd, fd, f, event };
}

/** Before its result is known: it will succeed. */
export function controlBegun(world: World, { thread, list }: Pending): void {
  const control = controlOf(world, thread, list);
  if (control !== null && control.ep !== null && control.f !== null) {
    apply(world, thread, control);
  }
}

export function controlled(world: World, call: Call): void {
  const { thread, args, returned, done } = call;
  const control = controlOf(world, thread, args, returned.errno === 'EBADF');
  if (control === null || returned.ret === null) return;
  const { ep, f, fd, op } = control;
  const epi = ep === null || f === null ? null : ep_find(ep, f, fd.fd);
  world.watch.control(call, op, ep, f, epi, fd.fd);
  if (done) return;
  const expected = expectedOf(control, epi);
  if (!succeeded(call)) {
    const errno = returned.errno ?? '';
    if (expected === errno || others.has(errno)) return;
    if (world.threads.attached || world.inFlight(f ?? (ep?.file as file), thread).length > 0)
      return;
    world.cannotExplain(briefName(call), expected ?? '0', errno);
    return;
  }
  if (expected === null) {
    apply(world, thread, control);
    return;
  }
  const isKnown = expected !== 'EPERM' || f === null || !mayBePolled(f);
  if (
    isKnown &&
    !world.threads.attached &&
    !world.hurry(thread, ({ name }) => name === 'epoll_ctl')
  ) {
    world.cannotExplain(briefName(call), expected, '0');
  }
  adopt(world, thread, control, epi);
}

/** No regular file: whether epoll takes it is for its driver to say. */
const mayBePolled = ({ name }: file): boolean => /^"?\/(?:proc|sys|dev)\//.test(name);

/** What the model does not look into: EINVAL for flags, ELOOP, ENOSPC … */
const others: ReadonlySet<string> = new Set(['EINVAL', 'ELOOP', 'ENOMEM', 'ENOSPC', 'EFAULT']);

/** The error that the model gives, or null for success. */
function expectedOf({ ep, f, op }: Control, epi: epitem | null): string | null {
  if (ep === null || f === null) return 'EBADF';
  if (f.f_op.poll === undefined) return 'EPERM';
  if (op === uapi.EPOLL_CTL_ADD) return epi === null ? null : 'EEXIST';
  return epi === null ? 'ENOENT' : null;
}

/** The log says that it has succeeded. */
function adopt(world: World, thread: Thread, control: Control, epi: epitem | null): void {
  const { mirror } = world;
  let { f } = control;
  const { op, fd, ep } = control;
  if (ep === null) return;
  if (f === null || f.f_op.poll === undefined) {
    if (fd.fd < 0) return;
    f = world.newFile(thread, 'fd', fd.behind ?? 'fd', maskOf.fd);
    mirror.install(thread.task, fd.fd, f, false);
  }
  const now = { ...control, f };
  if (op === uapi.EPOLL_CTL_ADD && epi !== null) {
    apply(world, thread, { ...now, op: uapi.EPOLL_CTL_DEL });
  }
  if (op !== uapi.EPOLL_CTL_DEL) apply(world, thread, { ...now, op: uapi.EPOLL_CTL_ADD });
}

function apply(world: World, thread: Thread, control: Control): void {
  const { op, epfd, fd, event, ep, f } = control;
  const { mirror, items } = world;
  if (ep === null || f === null) return;
  const before = ep_find(ep, f, fd.fd);
  const data = before?.event.data ?? 0;
  const given = event ?? { events: 0, data: fd.fd };
  const ret = mirror.drive(thread.task, do_epoll_ctl(epfd.fd, op, fd.fd, given, false));
  if (ret !== 0) return;
  const epi = ep_find(ep, f, fd.fd);
  if (epi === null) return;
  if (before === null) {
    items.add(epi);
    world.watch.added(thread, epi);
  } else items.changed(epi, data);
}

// ── epoll_wait ───────────────────────────────────────────────────────────────────────────────────

/** How many events a thread asked for the last time: a line that is unfinished does not say. */
const usual = 512;

export class Waits {
  private readonly world: World;
  private readonly asked: WeakMap<Thread, number> = new WeakMap();
  /** Calls that fell asleep in the model when they began: what comes later may come too late. */
  private readonly slept: WeakSet<Thread> = new WeakSet();
  private strangers = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** The line ends before the call does. */
  begun({ thread, list }: Pending): void {
    const { world } = this;
    const epfd = fdOf(list[0]);
    const ep = epfd === null ? null : world.epollOf(thread, epfd);
    if (ep === null || epfd === null) return;
    world.watch.waitBegins(thread, ep);
    this.slept.add(thread);
    if (ep_events_available(ep)) return; // It may well return at once.
    world.mirror.wait(thread.task, epfd.fd, this.asked.get(thread) ?? usual, true);
  }

  ended(call: Call): void {
    const { world } = this;
    const { thread, args, returned, begun, line } = call;
    const epfd = fdOf(args[0]);
    const ep = epfd === null ? null : world.epollOf(thread, epfd);
    if (ep === null || epfd === null) return;
    const late = begun !== line && this.slept.delete(thread);
    if (!late) world.watch.waitBegins(thread, ep);
    const maxevents = numberOf(args[2]) ?? usual;
    this.asked.set(thread, maxevents);
    if (!succeeded(call)) {
      world.mirror.abandon(thread.task);
      world.watch.waitEnds(call, ep, -1, null);
      return;
    }
    const timeout = timeoutOf(args[3]);
    // What has come since it was asked finds the thread asleep.
    if (!late && timeout !== 0 && !ep_events_available(ep)) {
      world.mirror.wait(thread.task, epfd.fd, maxevents, true);
    }
    const events = eventsOf(args[1] ?? '');
    const found = this.itemsOf(call, ep, events);
    this.reconcile(thread, ep, found, events.length === returned.ret && events.length < maxevents);
    const harvest = this.harvest(thread, epfd.fd, maxevents, events.length);
    const isWhole = events.length === returned.ret;
    this.compare(call, ep, found, harvest, late || !isWhole);
    this.settle(ep);
    world.watch.waitEnds(call, ep, returned.ret as number, timeout);
    for (const { epi, event } of found)
      if (epi !== null) world.watch.reported(thread, epi, event.events);
  }

  /** The items that the log's events are of. */
  private itemsOf(call: Call, ep: eventpoll, events: readonly epoll_event[]): Found[] {
    const used = new Set<epitem>();
    return events.map((event) => {
      const epi = this.itemOf(call, ep, event, used);
      if (epi !== null) used.add(epi);
      return { event, epi };
    });
  }

  private itemOf(
    call: Call,
    ep: eventpoll,
    event: epoll_event,
    used: ReadonlySet<epitem>,
  ): epitem | null {
    const { world } = this;
    const look = (): epitem[] =>
      world.items.find(ep, event.data).filter((epi) => !used.has(epi) && !isDisarmed(epi));
    let candidates = look();
    if (candidates.length === 0 && world.hurry(call.thread, ({ name }) => name === 'epoll_ctl')) {
      candidates = look();
    }
    if (candidates.length > 0) return best(candidates, event);
    if (world.threads.attached) return this.stranger(call, ep, event);
    const known = world.items.find(ep, event.data).some((epi) => !used.has(epi));
    world.cannotExplain(
      briefName(call),
      known ? 'the item is disarmed' : 'no item has this data',
      `${epollFlags(event.events)} of ${shownData(event.data)}`,
    );
    return null;
  }

  /** An item that was added before the log began. */
  private stranger({ thread, args }: Call, ep: eventpoll, { events, data }: epoll_event): epitem {
    const { world } = this;
    const epfd = fdOf(args[0]) as FdText;
    const isFd = typeof data === 'number' && data > 2 && data < 65_536;
    let fd = isFd ? (data as number) : 1_000_000 + this.strangers++;
    let f = isFd ? world.fileOf(thread, { fd, behind: null }) : null;
    if (f === null || f.f_op.poll === undefined || ep_find(ep, f, fd) !== null) {
      if (f !== null) fd = 1_000_000 + this.strangers++;
      f = world.newFile(thread, 'fd', 'fd', maskOf.fd & ~uapi.EPOLLOUT);
      world.mirror.install(thread.task, fd, f, false);
    }
    apply(world, thread, {
      op: uapi.EPOLL_CTL_ADD,
      ep,
      epfd,
      fd: { fd, behind: null },
      f,
      event: { events: events & ~(uapi.EPOLLERR | uapi.EPOLLHUP), data },
    });
    return ep_find(ep, f, fd) as epitem;
  }

  /** What has happened outside for the log's result to be what it is. */
  private reconcile(
    thread: Thread,
    ep: eventpoll,
    found: readonly Found[],
    isComplete: boolean,
  ): void {
    const reported = this.showReported(thread, found);
    const list = [...ep.rdllist];
    // Where there was no room for all, the scan has come as far as the last one.
    if (!isComplete) while (list.length > 0 && !reported.has(list.at(-1) as epitem)) list.pop();
    for (const epi of list) {
      const { events } = epi.event;
      const { file: f } = epi;
      if (reported.has(epi) || f.private_data instanceof eventpoll) continue;
      if (isComplete || standInOf(f)?.sure === false) this.world.shows(thread, f, events, 0);
    }
  }

  private showReported(thread: Thread, found: readonly Found[]): ReadonlySet<epitem> {
    const { world } = this;
    const reported = new Set<epitem>();
    for (const { epi, event } of found) {
      if (epi === null) continue;
      reported.add(epi);
      const { file: f } = epi;
      if (f.private_data instanceof eventpoll) continue;
      if (world.threads.attached && (event.events & ~epi.event.events & ~always) !== 0) {
        epi.event.events |= event.events;
      }
      world.shows(thread, f, epi.event.events, event.events);
      if (isIdle(epi) && standInOf(f) !== null) {
        if ((epi.event.events & uapi.EPOLLEXCLUSIVE) !== 0) world.wake(epi, event.events);
        else world.again(f, event.events);
        if ((event.events & uapi.EPOLLIN) !== 0) {
          const name = world.nameOf(f);
          if (!world.outside.some((text) => text.startsWith(`${name}:`))) {
            world.happens(`${name}: more`);
          }
        }
      }
    }
    return reported;
  }

  /** The model's own answer. */
  private harvest(thread: Thread, epfd: number, maxevents: number, count: number): Harvest {
    const { mirror } = this.world;
    const { task } = thread;
    const sleeping = mirror.sleepingIn(task);
    if (count > 0 && sleeping?.maxevents === maxevents && mirror.isWoken(task)) {
      const harvest = mirror.resume(task);
      if (harvest !== null) return harvest;
    }
    mirror.abandon(task);
    return mirror.wait(task, epfd, maxevents, false) ?? { ret: 0, events: [] };
  }

  private compare(
    call: Call,
    ep: eventpoll,
    found: readonly Found[],
    { events }: Harvest,
    isLoose: boolean,
  ): void {
    const { world } = this;
    const left = [...events];
    for (const { epi, event } of found) {
      if (epi === null) continue;
      let at = left.findIndex(({ data, events }) => data === event.data && events === event.events);
      if (at < 0) at = left.findIndex(({ data }) => data === event.data);
      const own = at < 0 ? null : (left.splice(at, 1)[0] as epoll_event);
      if (own !== null && own.events === event.events) continue;
      const log = `${epollFlags(event.events)} of ${world.nameOf(epi.file)}`;
      if (own === null && (epi.event.events & uapi.EPOLLONESHOT) !== 0) {
        epi.event.events &= EP_PRIVATE_BITS;
      }
      if (epi.file.private_data instanceof eventpoll && own === null) continue;
      world.cannotExplain(briefName(call), own === null ? 'no event' : epollFlags(own.events), log);
    }
    for (const { events: bits, data } of left) {
      const epi = world.items.find(ep, data)[0];
      if (epi === undefined) continue;
      if (!isLoose && !world.threads.attached) {
        const model = `${epollFlags(bits)} of ${world.nameOf(epi.file)}`;
        world.cannotExplain(briefName(call), model, 'no event');
      }
      this.putBack(epi, bits);
    }
  }

  /** The model has reported what the log has not: it is still to come. */
  private putBack(epi: epitem, bits: number): void {
    if (isDisarmed(epi)) epi.event.events |= bits;
    if (isIdle(epi)) this.world.again(epi.file, bits);
  }

  /** Those who were woken for what somebody else has taken go back to sleep. */
  private settle(ep: eventpoll): void {
    const { mirror } = this.world;
    if (ep_events_available(ep)) return;
    for (const task of [...mirror.sleepersOn(ep)]) if (mirror.isWoken(task)) mirror.resume(task);
  }
}

interface Found {
  readonly event: epoll_event;
  readonly epi: epitem | null;
}

const always: number = uapi.EPOLLERR | uapi.EPOLLHUP;

/** On no list: nobody has told it of anything. */
const isIdle = (epi: epitem): boolean => !ep_is_linked(epi) && epi.next === EP_UNACTIVE_PTR;

export const isDisarmed = ({ event }: epitem): boolean =>
  (event.events & ~EP_PRIVATE_BITS) === 0 && (event.events & uapi.EPOLLONESHOT) !== 0;

/** Of items with the same data the one that the event fits. */
function best(candidates: readonly epitem[], { events }: epoll_event): epitem {
  const fits = candidates.filter((epi) => (events & ~epi.event.events & ~always) === 0);
  return (fits.find(ep_is_linked) ?? fits[0] ?? candidates[0]) as epitem;
}

const shownData = (data: epoll_data_t): string => `data ${data}`;

/** In ms; null for ever. */
function timeoutOf(text: string | undefined): number | null {
  if (text === undefined || text === 'NULL') return null;
  const seconds = /tv_sec=(\d+), tv_nsec=(\d+)/.exec(text);
  if (seconds !== null) return Number(seconds[1]) * 1000 + Number(seconds[2]) / 1e6;
  const ms = numberOf(text);
  return ms === null || ms < 0 ? null : ms;
}
