/** Takes for granted that a read gives all that was written. */
import { type Code, decodeText, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(0);
  const writing = yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, 'he');
    yield* sys.write(writer, 'llo');
  });
  const buf = new Uint8Array(16);
  const n = yield* sys.read(reader, buf);
  sys.assert(decodeText(buf.subarray(0, n)) === 'hello', 'a read gives all that was written');
  yield* sys.pthread_join(writing);
}
