/**
 * A pool of threads on one epoll instance, which hands each connection to one thread at a time.
 *
 * EPOLLONESHOT takes a connection out of reach as soon as it is reported; the thread that has it
 * arms it again by EPOLL_CTL_MOD when it is done. What has come meanwhile is not lost: MOD looks,
 * and reports at once what is there already. So requests of one connection are answered one after
 * the other, and those of several at the same time, without a lock.
 */
import {
  type Code,
  decodeText,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLONESHOT,
  type Program,
  type Sys,
} from 'epollsim';
import {
  acceptAll,
  connectTo,
  listenOn,
  loopback,
  ms,
  now,
  type Print,
  receive,
  sendAll,
  splitLines,
} from './common.ts';

const address = loopback(8000);
const once = EPOLLIN | EPOLLONESHOT;

interface Connection {
  /** What has come of a line that is not complete. */
  rest: string;
  /** Threads that have it in their hands. */
  hands: number;
}

/** What the threads share. In C the map would need a mutex; here only a `yield` lets others in. */
interface Pool {
  readonly ep: number;
  readonly listener: number;
  readonly connections: Map<number, Connection>;
  /** Requests that are being worked on, and the most that ever were. */
  working: number;
  mostWorking: number;
}

const worker = (pool: Pool, name: string, print: Print): Program =>
  function* (sys) {
    const { ep, listener, connections } = pool;
    for (;;) {
      const [event] = yield* sys.epoll_wait(ep, 1, -1);
      const fd = Number(event?.data);
      const connection = connections.get(fd);
      if (connection === undefined) {
        for (const accepted of yield* acceptAll(sys, listener)) {
          connections.set(accepted, { rest: '', hands: 0 }); // First: another thread may have it next.
          yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, accepted, { events: once, data: accepted });
        }
      } else {
        connection.hands++;
        sys.assert(connection.hands === 1, 'a connection is in the hands of one thread');
        const goesOn = yield* serve(sys, pool, fd, connection, (line) =>
          print(`${name} answers ${line}`),
        );
        connection.hands--;
        if (!goesOn) {
          connections.delete(fd);
          yield* sys.close(fd);
          continue;
        }
      }
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: once, data: fd });
    }
  };

/** Answers the lines that one read gives; false at the end. */
function* serve(
  sys: Sys,
  pool: Pool,
  fd: number,
  connection: Connection,
  print: Print,
): Code<boolean> {
  const buf = new Uint8Array(256);
  const n = yield* sys.read(fd, buf);
  if (n <= 0) return false;
  const { lines, rest } = splitLines(connection.rest + decodeText(buf.subarray(0, n)));
  connection.rest = rest;
  for (const line of lines) {
    pool.mostWorking = Math.max(pool.mostWorking, ++pool.working);
    yield* sys.nanosleep(ms(10)); // Work.
    pool.working--;
    print(line);
    yield* sendAll(sys, fd, `${line.toUpperCase()}\n`);
  }
  return true;
}

/** Sends its requests without waiting for answers, which must come in the same order. */
const client = (requests: readonly string[]): Program =>
  function* (sys) {
    const fd = yield* connectTo(sys, address);
    const expected = requests.map((request) => `${request.toUpperCase()}\n`).join('');
    for (const request of requests) {
      yield* sendAll(sys, fd, `${request}\n`);
      yield* sys.nanosleep(ms(1));
    }
    const answers = yield* receive(sys, fd, expected.length);
    sys.assert(answers === expected, 'the answers come in the order of the requests');
    yield* sys.close(fd);
  };

export const example = (print: Print): Program =>
  function* (sys) {
    const listener = yield* listenOn(sys, address);
    const ep = yield* sys.epoll_create1(0);
    const pool: Pool = { ep, listener, connections: new Map(), working: 0, mostWorking: 0 };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: once, data: listener });
    for (const name of ['worker-1', 'worker-2', 'worker-3']) {
      yield* sys.pthread_create(worker(pool, name, print), name);
    }
    const start = yield* now(sys);
    const clients: number[] = [];
    for (const requests of [
      ['a1', 'a2', 'a3', 'a4'],
      ['b1', 'b2', 'b3', 'b4'],
    ]) {
      clients.push(yield* sys.pthread_create(client(requests)));
    }
    for (const tid of clients) yield* sys.pthread_join(tid);
    const took = Math.round((yield* now(sys)) - start);
    print(`8 requests of 10 ms took ${took} ms, ${pool.mostWorking} at a time`);
  };

export default example(console.log);
