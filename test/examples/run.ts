/** How the servers of examples/ are played, and a client that none of them may be brought down by. */
import {
  connectTo,
  listenOn,
  loopback,
  type Print,
  receive,
  sendAll,
} from '../../examples/common.ts';
import {
  inOrder,
  type Program,
  randomSchedule,
  type Schedule,
  SO_LINGER,
  SOL_SOCKET,
  simulate,
  type sockaddr,
} from '../../src/index.ts';

/** What an example prints when it is played to its end; throws what it asserts in vain. */
export function printed(
  example: (print: Print) => Program,
  schedule: Schedule = inOrder,
): readonly string[] {
  const lines: string[] = [];
  simulate(
    example((line) => lines.push(line)),
    { schedule },
  );
  return lines;
}

/** The same on some other schedules. */
export const printedOnOthers = (
  example: (print: Print) => Program,
  schedules = 5,
): (readonly string[])[] =>
  Array.from({ length: schedules }, (_, i) => printed(example, randomSchedule(i + 1)));

/** Sends much, reads nothing, and ends its connection with a reset. */
export const rudeClient = (address: sockaddr, bytes: number): Program =>
  function* (sys) {
    const fd = yield* connectTo(sys, address, 8192);
    yield* sendAll(sys, fd, '!'.repeat(bytes));
    yield* sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, 0);
    yield* sys.close(fd);
  };

/** What an echo server answers to the next client when a rude one has gone. */
export const echoAfterReset = (server: (listener: number, print: Print) => Program): string =>
  simulate(function* (sys) {
    const address = loopback(7);
    const listener = yield* listenOn(sys, address);
    yield* sys.pthread_create(server(listener, () => {}));
    yield* sys.pthread_join(yield* sys.pthread_create(rudeClient(address, 300_000)));
    const fd = yield* connectTo(sys, address);
    yield* sendAll(sys, fd, 'still there?');
    return yield* receive(sys, fd, 12);
  });
