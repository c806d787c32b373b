/** A parser of lines over any stream of Node: what a protocol such as SMTP or Redis' begins with. */
import { StringDecoder } from 'node:string_decoder';

/** The lines of a stream of bytes, without their ends; what follows the last end is no line yet. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8'); // It keeps the first bytes of a character for later.
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}
