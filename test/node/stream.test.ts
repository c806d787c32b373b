import { once } from 'node:events';
import { createServer, request } from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import {
  type AsyncSys,
  checkAsync,
  fakeTime,
  runTracedAsync,
  simulateAsync,
  spawnAsync,
} from '../../src/async/index.ts';
import {
  AF_INET,
  AF_UNIX,
  decodeText,
  EAGAIN,
  INADDR_LOOPBACK,
  Machine,
  randomSchedule,
  SHUT_WR,
  SO_LINGER,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  Strace,
} from '../../src/index.ts';
import { type SocketStreamOptions, socketStream } from '../../src/node/index.ts';

type Pair = [number, number];

const unixPair = async (sys: AsyncSys): Promise<Pair> =>
  (await sys.socketpair(AF_UNIX, SOCK_STREAM, 0)) as Pair;

/** Two ends of a TCP connection: the second one is non-blocking. */
async function tcpPair(sys: AsyncSys): Promise<Pair> {
  const listener = await sys.socket(AF_INET, SOCK_STREAM, 0);
  const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };
  await sys.setsockopt(listener, SOL_SOCKET, SO_RCVBUF, 8192);
  await sys.bind(listener, address);
  await sys.listen(listener, 1);
  const peer = await sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  await sys.setsockopt(peer, SOL_SOCKET, SO_SNDBUF, 8192);
  await sys.connect(peer, address);
  const fd = (await sys.accept4(listener, 0)) as number;
  await sys.close(listener);
  return [fd, peer];
}

/** Writes until the kernel takes no more; how many bytes it took. */
async function fill(sys: AsyncSys, fd: number, chunk = new Uint8Array(1000)): Promise<number> {
  for (let total = 0; ; ) {
    const n = await sys.write(fd, chunk);
    if (n === -EAGAIN) return total;
    sys.assert(n > 0, `the peer takes bytes, found ${n}`);
    total += n;
  }
}

const sleep = (sys: AsyncSys, ms: number): Promise<number> =>
  sys.nanosleep({ tv_sec: 0, tv_nsec: ms * 1_000_000 });

describe('Reading', () => {
  /** The parser of a protocol is bitten, by input that is split where nobody thought of it. */
  test.each([[1], [2], [3], [[1, 1, 4]], [65_536]])(
    'by reads of %j bytes gives what was written',
    async (readSize) => {
      const found = await simulateAsync(async (sys) => {
        const [fd, peer] = await unixPair(sys);
        await sys.write(peer, 'grüße, 世界');
        await sys.close(peer);
        const sizes: number[] = [];
        const stream = socketStream(sys, fd, { readSize });
        stream.on('data', (chunk: Buffer) => sizes.push(chunk.length));
        return { sizes, text: await text(stream) };
      });
      expect(found.text).toBe('grüße, 世界');
      const bytes = Buffer.byteLength(found.text);
      const expected = Array.isArray(readSize)
        ? [1, 1, 4, bytes - 6]
        : Array.from({ length: Math.ceil(bytes / readSize) }, (_, i) =>
            Math.min(readSize, bytes - i * readSize),
          );
      expect(found.sizes).toEqual(expected);
    },
  );

  /** A stream that read on would hide a consumer that is too slow, and take all memory. */
  test('stops at highWaterMark, so that the window of the peer closes, and opens again', async () => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await tcpPair(sys);
      const stream = socketStream(sys, fd, { highWaterMark: 4096, readSize: 1024 });
      stream.read(0); // The consumer wants something; nobody takes it.
      const time = fakeTime(sys);
      const second = (): Promise<void> => new Promise((then) => void time.setTimeout(then, 1000));
      let sent = await fill(sys, peer);
      await second();
      sent += await fill(sys, peer);
      await second();
      const full = { buffered: stream.readableLength, more: await fill(sys, peer) };
      const taken: Promise<string> = text(stream);
      await second();
      const again = await fill(sys, peer);
      await sys.close(peer);
      return { full, again: again > 0, lost: sent + again - (await taken).length };
    });
    expect(found).toEqual({ full: { buffered: 4096, more: 0 }, again: true, lost: 0 });
  });

  test('ends when the peer has shut its half, and the stream closes', async () => {
    const events = await simulateAsync(async (sys) => {
      const [fd, peer] = await unixPair(sys);
      const events: string[] = [];
      const stream = socketStream(sys, fd).resume();
      for (const name of ['end', 'finish', 'close']) stream.on(name, () => events.push(name));
      await sys.shutdown(peer, SHUT_WR);
      await once(stream, 'close');
      events.push(`${(await sys.procFd()).links.some((link) => link.fd === fd)}`);
      return events;
    });
    expect(events).toEqual(['end', 'finish', 'close', 'false']);
  });

  test('from a pipe', async () => {
    const found = await simulateAsync(async (sys) => {
      const [r, w] = (await sys.pipe2(0)) as Pair;
      const into = socketStream(sys, w, { readable: false });
      const from = socketStream(sys, r, { writable: false, encoding: 'utf8' });
      into.end('through a pipe');
      return text(from);
    });
    expect(found).toBe('through a pipe');
  });
});

describe('Writing', () => {
  /** What the kernel does not take at once has to follow, in order, once. */
  test('goes on when there is room again, and drains', async () => {
    const sent = Buffer.from(Array.from({ length: 400_000 }, (_, i) => i % 251));
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await tcpPair(sys);
      await sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 8192);
      const reader = await sys.pthread_create(async (sys) => {
        await sleep(sys, 100);
        const parts: Buffer[] = [];
        for (;;) {
          const buf = Buffer.alloc(3000);
          const n = await sys.read(peer, buf);
          if (n === 0) break;
          if (n > 0) parts.push(buf.subarray(0, n));
          else await sleep(sys, 10);
        }
        sys.assert(Buffer.concat(parts).equals(sent), 'every byte has come, in order');
      });
      const stream = socketStream(sys, fd, { highWaterMark: 1000 });
      const went = stream.write(sent);
      await once(stream, 'drain');
      stream.end();
      await once(stream, 'finish');
      await sys.pthread_join(reader);
      return went;
    });
    expect(found).toBe(false);
  });

  /** A client that says that its request is over still waits for the answer. */
  test('end() shuts one half, and what the peer writes still comes', async () => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await unixPair(sys);
      const stream = socketStream(sys, fd);
      stream.end('question');
      await once(stream, 'finish');
      const buf = new Uint8Array(99);
      const first = decodeText(buf.subarray(0, await sys.read(peer, buf)));
      const second = await sys.read(peer, buf);
      await sys.write(peer, 'answer');
      await sys.close(peer);
      return [first, second, await text(stream)];
    });
    expect(found).toEqual(['question', 0, 'answer']);
  });

  test.each([
    [false, 'EPIPE or ended'],
    [true, 'late'],
  ])('after the peer has ended, with allowHalfOpen: %s', async (allowHalfOpen) => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await unixPair(sys);
      await sys.shutdown(peer, SHUT_WR);
      const stream = socketStream(sys, fd, { allowHalfOpen }).resume();
      stream.on('error', () => {});
      await once(stream, 'end');
      await sys.getpid();
      stream.end('late');
      await once(stream, 'close');
      const buf = new Uint8Array(9);
      return decodeText(buf.subarray(0, await sys.read(peer, buf)));
    });
    expect(found).toBe(allowHalfOpen ? 'late' : '');
  });
});

/** What a real net.Socket is destroyed with, where the peer does as the model's does. */
async function onNode(act: (ours: net.Socket, peer: net.Socket) => unknown): Promise<unknown> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [[ours]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [
    [net.Socket],
    unknown,
  ];
  const error = once(ours, 'error');
  peer.on('error', () => {});
  await act(ours, peer);
  const [found] = (await error) as [object];
  server.close();
  peer.destroy();
  return shapeOf(found);
}

const shapeOf = (error: object): unknown => {
  const { name, message } = error as Error;
  return { name, message, ...error };
};

describe('Errors are those of Node', () => {
  test('a reset', async () => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await tcpPair(sys);
      const stream = socketStream(sys, fd).resume();
      await sys.write(peer, 'half a bo');
      await sys.setsockopt(peer, SOL_SOCKET, SO_LINGER, 0);
      await sys.close(peer);
      const [error] = (await once(stream, 'error')) as [object];
      return [shapeOf(error), stream.destroyed, stream.errored === error];
    });
    const expected = await onNode(async (ours, peer) => {
      ours.resume();
      peer.write('half a bo');
      await once(ours, 'data');
      peer.resetAndDestroy();
    });
    expect(expected).toMatchObject({ code: 'ECONNRESET', syscall: 'read', errno: -104 });
    expect(found).toEqual([expected, true, true]);
  });

  test('a write to a peer that is gone', async () => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await tcpPair(sys);
      const stream = socketStream(sys, fd, { allowHalfOpen: true }).resume();
      await sys.close(peer);
      await once(stream, 'end');
      stream.write('into a grave');
      await sleep(sys, 100);
      stream.write('and again');
      const [error] = (await once(stream, 'error')) as [object];
      return shapeOf(error);
    });
    const expected = await onNode(async (ours, peer) => {
      peer.destroy();
      await once(ours.resume(), 'end');
      ours.write('into a grave');
      await new Promise((resolve) => setTimeout(resolve, 50));
      ours.write('and again');
    });
    expect(expected).toMatchObject({ code: 'EPIPE', syscall: 'write' });
    expect(found).toEqual(expected);
  });

  test('a descriptor that is not open', async () => {
    const found = simulateAsync(async (sys) => once(socketStream(sys, 77), 'close'));
    await expect(found).rejects.toMatchObject({
      code: 'EBADF',
      syscall: 'fcntl',
      errno: -9,
      message: expect.stringMatching(
        /^socketStream: expected a descriptor that is open, found \d+ \(fcntl EBADF\)$/,
      ),
    });
  });

  test.each([
    [-1, {}, 'expected a descriptor, found -1'],
    [3, { readSize: [] }, 'readSize: expected positive integers, found '],
    [3, { readSize: 0 }, 'readSize: expected positive integers, found 0'],
    [3, { readSize: [1, 'x'] }, "readSize: expected positive integers, found 'x'"],
  ])('descriptor %j with %j is refused', async (fd, options, message) => {
    await simulateAsync(async (sys) => {
      expect(() => socketStream(sys, fd, options as SocketStreamOptions)).toThrow(message);
      expect(() => socketStream({} as never, 3)).toThrow('expected the sys of an async program');
    });
  });
});

describe('The thread of a stream', () => {
  test('hears of what a timer does to it while it waits', async () => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await unixPair(sys);
      const stream = socketStream(sys, fd).resume();
      fakeTime(sys).setTimeout(() => stream.end('on time'), 500);
      await once(stream, 'finish');
      const buf = new Uint8Array(9);
      return decodeText(buf.subarray(0, await sys.read(peer, buf)));
    });
    expect(found).toBe('on time');
  });

  test('hears of what another thread does to it, and reads again when that asks for it', async () => {
    const found = await simulateAsync(async (sys) => {
      const [fd, peer] = await unixPair(sys);
      const stream = socketStream(sys, fd);
      let seen = '';
      await sys.pthread_create(async (sys) => {
        await sleep(sys, 100);
        stream.on('data', (chunk) => void (seen += chunk));
        await sys.write(peer, 'hello');
        await sys.close(peer);
      });
      await once(stream, 'end');
      return seen;
    });
    expect(found).toBe('hello');
  });

  test('may have many of them, and goes on with calls of its own', async () => {
    const found = await simulateAsync(async (sys) => {
      const pairs: Pair[] = [];
      for (let i = 0; i < 5; i++) pairs.push(await unixPair(sys));
      const echoes = pairs.map(([fd]) => {
        const stream = socketStream(sys, fd);
        return pipeline(stream, stream);
      });
      const answers: string[] = [];
      const clients = await sys.pthread_create(async (sys) => {
        for (const [i, [, peer]] of pairs.entries()) {
          const buf = new Uint8Array(9);
          await sys.write(peer, `number ${i}`);
          await sys.read(peer, buf);
          answers.push(decodeText(buf.subarray(0, 8)));
          await sys.close(peer);
        }
      });
      answers.push(`${(await sys.getpid()) === sys.task.pid}`);
      await Promise.all(echoes);
      await sys.pthread_join(clients);
      return answers;
    });
    expect(found.sort()).toEqual([...[0, 1, 2, 3, 4].map((i) => `number ${i}`), 'true']);
  });
});

/** It would be told of the same end for ever, and the loop would spin. */
test('a stream that is not read costs nothing when its peer is gone', async () => {
  const found = await simulateAsync(
    async (sys) => {
      const [paused, gone] = await unixPair(sys);
      const [fd, peer] = await unixPair(sys);
      const full = socketStream(sys, paused, { highWaterMark: 1 }).on('readable', () => {});
      const stream = socketStream(sys, fd);
      await sys.write(gone, 'something');
      fakeTime(sys).setTimeout(() => stream.end('late'), 100);
      stream.resume();
      await once(full, 'readable');
      await sys.close(gone);
      await once(stream, 'finish');
      const buf = new Uint8Array(9);
      return decodeText(buf.subarray(0, await sys.read(peer, buf)));
    },
    { maxSteps: 5000 },
  );
  expect(found).toBe('late');
});

/** A whole server of Node: parser, keep-alive, bodies, and what it does with its timers. */
describe('The HTTP server of Node', () => {
  const server = createServer((req, res) => {
    res.sendDate = false;
    text(req).then(
      (body) => res.end(`${req.method} ${req.url}: ${body.toUpperCase()}\n`),
      (error) => res.destroy(error),
    );
  });

  async function ask(seed: number, readSize: number | readonly number[]): Promise<string[]> {
    const machine = new Machine({ schedule: randomSchedule(seed) });
    let answers = '';
    spawnAsync(machine, async (sys) => {
      const [fd, peer] = await tcpPair(sys);
      await sys.pthread_create(async (sys) => {
        for (const piece of [
          'POST /a HTTP/1.1\r\nHost: x\r\nContent-Le',
          'ngth: 5\r\n\r\nhel',
          'lo',
        ]) {
          await sys.write(peer, piece);
          await sleep(sys, 5);
        }
        await sys.write(peer, 'GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        for (;;) {
          const buf = new Uint8Array(40);
          const n = await sys.read(peer, buf);
          if (n === 0) break;
          if (n === -EAGAIN) await sleep(sys, 1);
          else answers += decodeText(buf.subarray(0, n));
        }
      });
      const stream = socketStream(sys, fd, { readSize });
      server.emit('connection', stream);
      await once(stream, 'close');
      await sleep(sys, 1000);
    });
    let trace = '';
    await runTracedAsync(machine, new Strace((piece) => void (trace += piece)));
    return [answers, trace];
  }

  test.each([1, 7, [3, 20], 65_536])('answers over reads of %j bytes', async (readSize) => {
    const [answers] = await ask(0, readSize);
    expect(answers).toContain('POST /a: HELLO\n');
    expect(answers).toMatch(/GET \/b: \n$/);
  });

  test('the same seed gives the same bytes, and another one another trace', async () => {
    const [first, again, other] = [await ask(1, 7), await ask(1, 7), await ask(2, 7)];
    expect(again).toEqual(first);
    expect(other[0]).toBe(first[0]);
    expect(other[1]).not.toBe(first[1]);
  });
});

test('the HTTP client of Node asks over it', async () => {
  const found = await simulateAsync(async (sys) => {
    const [fd, peer] = await unixPair(sys);
    await sys.pthread_create(async (sys) => {
      await sys.read(peer, new Uint8Array(999));
      await sys.write(peer, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfi');
      await sys.write(peer, 'ne');
      await sys.close(peer);
    });
    const createConnection = (): Duplex => socketStream(sys, fd, { readSize: 3 });
    const asking = request({ createConnection: createConnection as never, path: '/' }).end();
    const [response] = (await once(asking, 'response')) as [Duplex];
    return text(response);
  });
  expect(found).toBe('fine');
});

test('a stream is checked on every interleaving', async () => {
  const { complete, findings, results } = await checkAsync(
    async (sys) => {
      const [fd, peer] = await unixPair(sys);
      await sys.pthread_create(async (sys) => {
        await sys.write(peer, 'a');
        await sys.write(peer, 'b');
        await sys.close(peer);
      });
      const chunks: string[] = [];
      const stream = socketStream(sys, fd, { encoding: 'utf8' });
      await once(
        stream.on('data', (chunk) => chunks.push(chunk)),
        'end',
      );
      return chunks.join();
    },
    { sharedMemory: false, findings: 'all', preemptions: 1 },
  );
  expect(findings).toEqual([]);
  expect(complete).toBe(true);
  expect([...results.keys()]).toEqual(['"a,b"', '"ab"']);
});
