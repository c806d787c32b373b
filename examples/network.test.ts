/** Two hosts and a link: a client that gives up after a second is tested in milliseconds. */
import {
  AF_INET,
  type Code,
  EINPROGRESS,
  EPOLL_CTL_ADD,
  EPOLLOUT,
  INADDR_ANY,
  Machine,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
  type sockaddr,
} from 'epollsim';
import { expect, test } from 'vitest';

/** The code under test: connects, and waits no longer than a second for that. */
function* connectInTime(sys: Sys, address: sockaddr): Code<'connected' | 'refused' | 'too late'> {
  const fd = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  const ret = yield* sys.connect(fd, address);
  if (ret !== -EINPROGRESS) return ret === 0 ? 'connected' : 'refused';
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLOUT });
  const [ready] = yield* sys.epoll_wait(ep, 1, 1000);
  if (ready === undefined) return 'too late';
  return ready.events === EPOLLOUT ? 'connected' : 'refused';
}

function* listen(sys: Sys): Code<void> {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.bind(listener, { family: AF_INET, addr: INADDR_ANY, port: 80 });
  yield* sys.listen(listener, 8);
  yield* sys.accept4(listener, 0); // Keeps the listener open: a program that returns has ended.
}

test.each([
  [100, 80, 'connected'],
  [100, 81, 'refused'],
  [600, 80, 'too late'],
])('over a link of %i ms, port %i: %s', (latency, port, expected) => {
  const machine = new Machine();
  const [here, there] = [machine.host('here'), machine.host('there')];
  machine.link(here, there, { latency_ns: latency * 1_000_000 });
  machine.spawn(listen, { host: there, name: 'server' });
  const client = machine.spawn((sys) => connectInTime(sys, there.sockaddr(port)), { host: here });

  machine.run();
  expect(client.result).toEqual({ how: 'returned', value: expected });
});
