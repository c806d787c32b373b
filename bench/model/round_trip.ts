/** write + epoll_wait + read of one byte, on one epoll or through nested ones. */
import { EPOLL_CTL_MOD, EPOLLET, EPOLLIN, EPOLLONESHOT, type Interest, type Sys } from 'epollsim';
import { connector } from './connected.ts';
import { expect, must, now, one, type Play, type Work, watch } from './work.ts';

const triggers: ReadonlyMap<string, number> = new Map([
  ['lt', EPOLLIN],
  ['et', EPOLLIN | EPOLLET],
  ['oneshot', EPOLLIN | EPOLLONESHOT],
]);

interface RoundTrip {
  readonly ep: number;
  readonly reader: number;
  readonly writer: number;
  readonly message: Uint8Array;
  /** Null where the item need not be armed again. */
  readonly rearm: Interest | null;
}

const play = (sys: Sys, { ep, reader, writer, message, rearm }: RoundTrip): Play =>
  function* (rounds) {
    const { length } = message;
    let events = 0;
    const start = now();
    for (let i = 0; i < rounds; i++) {
      expect((yield* sys.write(writer, message)) === length, 'write');
      events += (yield* sys.epoll_wait(ep, 1, -1)).ret;
      expect((yield* sys.read(reader, message)) === length, 'read');
      if (rearm !== null) must(yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, reader, rearm), 'MOD');
    }
    return { ns: now() - start, events };
  };

const messageFor = (medium: string): Uint8Array => one.slice(0, medium === 'eventfd' ? 8 : 1);

export const roundTrip: Work = function* (sys, [trigger = '', medium = '']) {
  const events = triggers.get(trigger);
  if (events === undefined) throw new Error(`expected lt, et or oneshot, found ${trigger}`);
  const connect = yield* connector(sys, medium);
  const [reader, writer] = yield* connect();
  const ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
  yield* watch(sys, ep, reader, events);
  const rearm = trigger === 'oneshot' ? { events, data: reader } : null;
  return play(sys, { ep, reader, writer, message: messageFor(medium), rearm });
};

export const nested: Work = function* (sys, [depth = '']) {
  const connect = yield* connector(sys, 'eventfd');
  const [reader, writer] = yield* connect();
  let ep = reader;
  for (let i = 0; i < Number(depth); i++) {
    const inner = ep;
    ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
    yield* watch(sys, ep, inner, EPOLLIN);
  }
  return play(sys, { ep, reader, writer, message: messageFor('eventfd'), rearm: null });
};
