/**
 * A chat server: what one says goes to all others, whatever each of them does with it.
 *
 * Nobody may hold up the rest, so nothing is written that would block: what a guest's socket does
 * not take is kept for that guest, and EPOLLOUT is armed until it is gone. A guest who is too far
 * behind is dropped, or the slowest would decide how much memory the server needs.
 */
import {
  type Code,
  decodeText,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  encodeText,
  MSG_NOSIGNAL,
  type Program,
  SO_SNDBUF,
  SOL_SOCKET,
  type Sys,
} from 'epollsim';
import {
  acceptAll,
  connectTo,
  listenOn,
  loopback,
  ms,
  type Print,
  receive,
  sendAll,
  splitLines,
} from './common.ts';

const address = loopback(6667);

/** How far behind a guest may be, in bytes. */
const limit = 16_384;

interface Guest {
  readonly fd: number;
  /** Is what the guest says first. */
  name: string | null;
  /** What has come of a line that is not complete. */
  rest: string;
  /** Is to be written, and could not be yet. All text here is ASCII. */
  pending: string;
  /** EPOLLOUT is armed, since something is pending. */
  waits: boolean;
  gone: boolean;
}

class Room {
  readonly sys: Sys;
  readonly ep: number;
  readonly print: Print;
  readonly guests = new Map<number, Guest>();

  constructor(sys: Sys, ep: number, print: Print) {
    this.sys = sys;
    this.ep = ep;
    this.print = print;
  }

  *enter(fd: number): Code<void> {
    this.guests.set(fd, { fd, name: null, rest: '', pending: '', waits: false, gone: false });
    yield* this.sys.epoll_ctl(this.ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }

  *hear(guest: Guest): Code<void> {
    const buf = new Uint8Array(4096);
    const n = yield* this.sys.read(guest.fd, buf);
    if (n === -EAGAIN) return;
    if (n <= 0) return yield* this.leave(guest, 'has left');
    const { lines, rest } = splitLines(guest.rest + decodeText(buf.subarray(0, n)));
    guest.rest = rest;
    for (const line of lines) {
      if (guest.name === null) {
        guest.name = line;
        this.print(`${line} has come`);
      } else yield* this.broadcast(guest, `${guest.name}: ${line}\n`);
    }
  }

  *broadcast(from: Guest, text: string): Code<void> {
    for (const guest of [...this.guests.values()]) {
      if (guest === from || guest.name === null || guest.gone) continue;
      guest.pending += text;
      if (!guest.waits) yield* this.flush(guest);
      else if (guest.pending.length > limit) {
        yield* this.leave(guest, `is dropped, ${guest.pending.length} bytes behind`);
      }
    }
  }

  /** Writes what the socket takes, and has EPOLLOUT armed for as long as something is left. */
  *flush(guest: Guest): Code<void> {
    const n = yield* this.sys.send(guest.fd, encodeText(guest.pending), MSG_NOSIGNAL);
    if (n < 0 && n !== -EAGAIN) return yield* this.leave(guest, 'is lost');
    guest.pending = guest.pending.slice(Math.max(n, 0));
    const waits = guest.pending !== '';
    if (waits === guest.waits) return;
    guest.waits = waits;
    const events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;
    yield* this.sys.epoll_ctl(this.ep, EPOLL_CTL_MOD, guest.fd, { events, data: guest.fd });
  }

  *leave(guest: Guest, how: string): Code<void> {
    guest.gone = true;
    this.guests.delete(guest.fd);
    yield* this.sys.close(guest.fd);
    this.print(`${guest.name ?? 'somebody'} ${how}`);
  }
}

const server = (listener: number, print: Print): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN, data: listener });
    const room = new Room(sys, ep, print);
    for (;;) {
      const ready = yield* sys.epoll_wait(ep, 16, -1);
      // Looked up before anybody is dropped, whose descriptor the next to come may be given.
      const found = ready.map(({ events, data }) => ({
        events,
        guest: room.guests.get(Number(data)),
      }));
      for (const { events, guest } of found) {
        if (guest === undefined) {
          for (const fd of yield* acceptAll(sys, listener)) yield* room.enter(fd);
          continue;
        }
        if ((events & EPOLLOUT) !== 0 && !guest.gone) yield* room.flush(guest);
        if ((events & ~EPOLLOUT) !== 0 && !guest.gone) yield* room.hear(guest);
      }
    }
  };

const said = Array.from({ length: 500 }, (_, i) => `line ${i} ${'.'.repeat(90)}`);
const heard = said.map((line) => `talker: ${line}\n`).join('');

/** Comes, does not listen for a while, and then hears what there is. */
const guest = (name: string, silentMs: number, heardBy: Map<string, string>): Program =>
  function* (sys) {
    const fd = yield* connectTo(sys, address, 8192);
    yield* sendAll(sys, fd, `${name}\n`);
    yield* sys.nanosleep(ms(silentMs));
    heardBy.set(name, yield* receive(sys, fd, heard.length));
    yield* sys.close(fd);
  };

const talker: Program = function* (sys) {
  const fd = yield* connectTo(sys, address);
  yield* sendAll(sys, fd, 'talker\n');
  for (const line of said) {
    yield* sendAll(sys, fd, `${line}\n`);
    yield* sys.nanosleep(ms(1));
  }
  yield* sys.close(fd);
};

export const example = (print: Print): Program =>
  function* (sys) {
    const listener = yield* listenOn(sys, address);
    yield* sys.setsockopt(listener, SOL_SOCKET, SO_SNDBUF, 8192);
    yield* sys.pthread_create(server(listener, print), 'server');
    const heardBy = new Map<string, string>();
    const threads: number[] = [];
    for (const [name, silentMs] of [
      ['listener', 0],
      ['dreamer', 300],
      ['sleeper', 5000],
    ] as const) {
      threads.push(yield* sys.pthread_create(guest(name, silentMs, heardBy), name));
    }
    yield* sys.nanosleep(ms(10)); // They are all there.
    threads.push(yield* sys.pthread_create(talker, 'talker'));
    for (const tid of threads) yield* sys.pthread_join(tid);
    for (const [name, text] of heardBy) {
      sys.assert(heard.startsWith(text), 'nothing is lost in the middle');
      print(`${name} has heard ${splitLines(text).lines.length} of ${said.length} lines`);
    }
  };

export default example(console.log);
