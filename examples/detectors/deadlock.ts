/** Two threads that each want to hear from the other one first. */
import type { Code, Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [fromThread, toMain] = yield* sys.pipe2(0);
  const [fromMain, toThread] = yield* sys.pipe2(0);
  yield* sys.pthread_create(function* (sys) {
    yield* sys.read(fromMain, new Uint8Array(1));
    yield* sys.write(toMain, 'x');
  });
  yield* sys.read(fromThread, new Uint8Array(1));
  yield* sys.write(toThread, 'x');
}
