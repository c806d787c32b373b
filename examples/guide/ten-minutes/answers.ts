import { AF_UNIX, type Code, SOCK_STREAM, type Sys } from 'epollsim';
import { Loop } from './loop.ts';

/** Two workers have an answer each, and the loop sends it: how many bytes does the client get? */
export default function* main(sys: Sys): Code<number> {
  const [client, server] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const loop = yield* Loop.open(sys);
  let sent = 0;
  for (const answer of ['yes', 'no']) {
    const send = function* (): Code<void> {
      yield* sys.write(server, answer);
      if (++sent === 2) loop.stop();
    };
    yield* sys.pthread_create((sys) => loop.post(sys, send));
  }
  yield* loop.run(sys);
  return yield* sys.read(client, new Uint8Array(16));
}
