import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

/** One socket, watched by three instances: level-triggered, edge-triggered, once. */
export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const modes = { LT: EPOLLIN, ET: EPOLLIN | EPOLLET, ONESHOT: EPOLLIN | EPOLLONESHOT };
  const instances: number[] = [];
  for (const events of Object.values(modes)) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events });
    instances.push(ep);
  }
  const ask = function* (): Code<void> {
    for (const ep of instances) yield* sys.epoll_wait(ep, 1, 0);
  };

  yield* sys.write(writer, 'hello'); // 1. Bytes have come.
  yield* ask();
  yield* ask(); // 2. Nobody has read them.
  yield* sys.read(reader, new Uint8Array(2)); // 3. Some were read, some are left.
  yield* ask();
  yield* sys.write(writer, '!'); // 4. Another one comes.
  yield* ask();
  const [, , once = -1] = instances; // 5. The third one is armed again.
  yield* sys.epoll_ctl(once, EPOLL_CTL_MOD, reader, { events: modes.ONESHOT });
  yield* ask();
  yield* sys.read(reader, new Uint8Array(8)); // 6. All is read.
  yield* ask();
}
