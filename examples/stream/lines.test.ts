import { AF_UNIX, SOCK_STREAM } from 'epollsim';
import { type AsyncSys, simulateAsync } from 'epollsim/async';
import { socketStream } from 'epollsim/node';
import { describe, expect, test } from 'vitest';
import { linesOf } from './lines.ts';

const sent = 'grüße\n世界\nrest';
const bytes = new TextEncoder().encode(sent).length;

/** Decodes each chunk by itself, which is right as long as no character is split. */
async function* naiveLinesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

const parsed = (parse: typeof linesOf, readSize: number | number[]): Promise<string[]> =>
  simulateAsync(async (sys: AsyncSys) => {
    const [fd = -1, peer = -1] = await sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
    await sys.write(peer, sent);
    await sys.close(peer);
    const lines: string[] = [];
    for await (const line of parse(socketStream(sys, fd, { readSize }))) lines.push(line);
    return lines;
  });

describe.each(Array.from({ length: bytes - 1 }, (_, i) => i + 1))('split behind byte %i', (at) => {
  test('the parser finds the lines', async () => {
    expect(await parsed(linesOf, [at])).toEqual(['grüße', '世界']);
  });
});

test('over single bytes it does, too', async () => {
  expect(await parsed(linesOf, 1)).toEqual(['grüße', '世界']);
});

test('one that decodes each chunk by itself does not, where a character is split', async () => {
  expect(await parsed(naiveLinesOf, 65_536)).toEqual(['grüße', '世界']);
  expect(await parsed(naiveLinesOf, [3])).toEqual(['gr\ufffd\ufffdße', '世界']);
});
