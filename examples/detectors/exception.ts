/** Parses what one read has given, be it whole or not. */
import { type Code, decodeText, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(0);
  const writing = yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, '{"answer":');
    yield* sys.write(writer, '42}');
  });
  const buf = new Uint8Array(64);
  const n = yield* sys.read(reader, buf);
  JSON.parse(decodeText(buf.subarray(0, n)));
  yield* sys.pthread_join(writing);
}
