import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  AF_INET,
  decodeText,
  EAGAIN,
  F_SETFL,
  INADDR_ANY,
  Machine,
  O_NONBLOCK,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
} from 'epollsim';
import { type AsyncProgram, type AsyncSys, fakeTime, runAsync, spawnAsync } from 'epollsim/async';
import { socketStream } from 'epollsim/node';
import { expect, test } from 'vitest';

/** The code under test: Node's own server, with its parser. */
function serverOf(answer: (request: IncomingMessage) => Promise<string>) {
  return createServer((request, response) => {
    response.sendDate = false; // It would be the date of today.
    answer(request).then(
      (body) => response.end(body),
      () => response.destroy(),
    );
  });
}

/** Two hosts, 10 ms apart: `serve` gets a connection, on which `ask` is the client. */
async function connected(
  serve: (sys: AsyncSys, fd: number) => Promise<unknown>,
  ask: (sys: AsyncSys, fd: number) => Promise<unknown>,
): Promise<unknown> {
  const machine = new Machine();
  const [here, there] = [machine.host('here'), machine.host('there')];
  machine.link(here, there, { latency_ns: 10_000_000 });
  const server: AsyncProgram = async (sys) => {
    const listener = await sys.socket(AF_INET, SOCK_STREAM, 0);
    await sys.bind(listener, { family: AF_INET, addr: INADDR_ANY, port: 80 });
    await sys.listen(listener, 8);
    return serve(sys, await sys.accept4(listener, 0));
  };
  const client: AsyncProgram = async (sys) => {
    const fd = await sys.socket(AF_INET, SOCK_STREAM, 0);
    await sys.connect(fd, there.sockaddr(80));
    return ask(sys, fd);
  };
  const served = spawnAsync(machine, server, { host: there, name: 'server' });
  spawnAsync(machine, client, { host: here, name: 'client' });
  await runAsync(machine);
  return served.result?.how === 'returned' ? served.result.value : served.result;
}

async function readAll(sys: AsyncSys, fd: number): Promise<string> {
  const buf = new Uint8Array(100);
  let all = '';
  for (let n = 1; n > 0; all += decodeText(buf.subarray(0, Math.max(n, 0)))) {
    n = await sys.read(fd, buf);
  }
  return all;
}

test.each([1, 2, 3, 10, 65_536])('a request in reads of %i bytes is answered', async (readSize) => {
  let answer = '';
  await connected(
    async (sys, fd) => {
      const server = serverOf(async (request) => `${request.url}: ${await text(request)}`);
      const stream = socketStream(sys, fd, { readSize });
      server.emit('connection', stream);
      await once(stream, 'close');
    },
    async (sys, fd) => {
      await sys.write(fd, 'POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Le');
      await sys.write(fd, 'ngth: 5\r\n\r\nhello');
      answer = await readAll(sys, fd);
    },
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\/a: hello$/);
});

test('a reset in the middle of a body ends the request with ECONNRESET', async () => {
  const seen = await connected(
    async (sys, fd) => {
      const bodies: string[] = [];
      const server = serverOf(async (request) => {
        const body = text(request);
        body.catch((error: NodeJS.ErrnoException) => bodies.push(`body: ${error.code}`));
        return body;
      });
      const stream = socketStream(sys, fd);
      server.emit('connection', stream);
      stream.on('error', (error: NodeJS.ErrnoException) => bodies.push(`stream: ${error.message}`));
      await new Promise((resolve) => stream.on('close', resolve));
      return bodies;
    },
    async (sys, fd) => {
      await sys.write(fd, 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe');
      await sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
      await sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, 0);
      await sys.close(fd);
    },
  );
  expect(seen).toEqual(['stream: read ECONNRESET', 'body: ECONNRESET']);
});

test('a consumer that does not read closes the window of its peer', async () => {
  let sent = 0;
  const read = await connected(
    async (sys, fd) => {
      const stream = socketStream(sys, fd);
      stream.once('readable', () => {}); // It asks for something, and never takes it.
      fakeTime(sys).setTimeout(() => stream.destroy(), 5000);
      await once(stream, 'close');
      return stream.readableLength;
    },
    async (sys, fd) => {
      await sys.fcntl(fd, F_SETFL, O_NONBLOCK);
      const chunk = new Uint8Array(10_000);
      for (let refused = 0; refused < 20; ) {
        const n = await sys.write(fd, chunk);
        if (n > 0) sent += n;
        else refused++;
        if (n === -EAGAIN) await sys.nanosleep({ tv_sec: 0, tv_nsec: 50_000_000 });
      }
    },
  );
  // One read is in the stream; what else went is what the kernels on both sides had room for.
  expect(read).toBeLessThanOrEqual(65_536);
  expect(sent).toBeGreaterThan(100_000);
  expect(sent).toBeLessThan(10_000_000);
});
