/** An echo server of many connections, of which some are active; its clients are in its thread. */
import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { connector } from './connected.ts';
import { expect, must, now, type Work, watch } from './work.ts';

const messageSize = 64;
const batch = 128;

/** Answers so many messages. */
function* serve(sys: Sys, ep: number, messages: number, buf: Uint8Array): Code<void> {
  for (let left = messages; left > 0; ) {
    const ready = yield* sys.epoll_wait(ep, batch, -1);
    expect(ready.ret > 0, 'an event');
    for (const { data } of ready) {
      const fd = data as number;
      expect((yield* sys.read(fd, buf)) === messageSize, 'a message');
      expect((yield* sys.write(fd, buf)) === messageSize, 'room for an answer');
    }
    left -= ready.ret;
  }
}

export const echo: Work = function* (sys, [medium = '', connections = '', active = '']) {
  const count = Number(connections);
  const clients: number[] = [];
  const ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
  const connect = yield* connector(sys, medium);
  for (let i = 0; i < count; i++) {
    const [server, client] = yield* connect();
    yield* watch(sys, ep, server, EPOLLIN);
    if (i === Math.floor((clients.length * count) / Number(active))) clients.push(client);
  }
  return function* (rounds) {
    const message = new Uint8Array(messageSize);
    const start = now();
    for (let i = 0; i < rounds; i++) {
      for (const fd of clients) expect((yield* sys.write(fd, message)) === messageSize, 'room');
      yield* serve(sys, ep, clients.length, message);
      for (const fd of clients) expect((yield* sys.read(fd, message)) === messageSize, 'an answer');
    }
    return { ns: now() - start, events: rounds * clients.length };
  };
};
