import { expect, test } from 'vitest';
import { createServer } from 'node:http';
import { simulateAsync } from '../../src/async/index.ts';
import { socketStream } from '../../src/node/index.ts';
import { AF_UNIX, SOCK_STREAM, decodeText } from '../../src/index.ts';

test('http', async () => {
  const v = await simulateAsync(async (sys) => {
    const [a, b] = (await sys.socketpair(AF_UNIX, SOCK_STREAM, 0)) as [number, number];
    await sys.pthread_create(async (sys) => {
      await sys.write(b, 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
      await sys.shutdown(b, 1);
    });
    const server = createServer((req, res) => {
      res.sendDate = false;
      let body = '';
      req.setEncoding('utf8').on('data', (d) => (body += d)).on('end', () => res.end(`got ${body}`));
    });
    const s = socketStream(sys, a, { readSize: 1 });
    server.emit('connection', s);
    await new Promise((r) => s.on('close', r));
    const buf = new Uint8Array(1000);
    const n = await sys.read(b, buf);
    return decodeText(buf.subarray(0, n));
  });
  expect(v).toBe('x');
});
