/** Event loops and TCP: connections as they come, stay, end and break. */
import { expect, test } from 'vitest';
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EMFILE,
  EPIPE,
} from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../../src/kernel/uapi/eventpoll.ts';
import {
  MSG_NOSIGNAL,
  MSG_OOB,
  SHUT_RDWR,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SO_RCVLOWAT,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import { inThread, pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, park, parkAlone, readText, ready, threeEventfds } from './scenes.ts';
import { at, client, listener, tcpPair, tcpSocket } from './tcp_scenes.ts';

const bytes = (n: number): Uint8Array => new Uint8Array(n);
const everything: number = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP;

/** memcached 476, eventcore 20: two clients are one event, and one accept an event is too little. */
test('two connections are one edge, and one accept leaves the other without an event', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const ep = yield* watch(sys, listening, EPOLLIN | EPOLLET);
    yield* client(sys);
    yield* client(sys);
    expect(yield* ready(sys, ep)).toEqual([listening]);
    expect(yield* sys.accept4(listening, 0)).toBeGreaterThan(0);
    expect(yield* ready(sys, ep)).toEqual([]);
    yield* client(sys);
    expect(yield* ready(sys, ep)).toEqual([listening]);
    expect(yield* sys.accept4(listening, 0)).toBeGreaterThan(0);
    expect(yield* ready(sys, ep)).toEqual([]); // And one is still left behind.
  });
});

/** The listener of epoll(7)'s example, and of most servers, for this reason. */
test('a level-triggered listener is reported until the last connection is accepted', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const ep = yield* watch(sys, listening, EPOLLIN);
    yield* client(sys);
    yield* client(sys);
    yield* sys.accept4(listening, 0);
    expect(yield* ready(sys, ep)).toEqual([listening]);
    yield* sys.accept4(listening, 0);
    expect(yield* ready(sys, ep)).toEqual([]);
    expect(yield* sys.accept4(listening, 0)).toBe(-EAGAIN);
  });
});

/** libuv 690, twisted 5368: no descriptor left, and the loop runs hot on its own listener. */
test('a listener is reported for ever while accept fails with EMFILE', () => {
  inMachine(
    function* (sys) {
      const listening = yield* listener(sys); // 3
      const ep = yield* watch(sys, listening, EPOLLIN); // 4
      yield* client(sys); // 5, the last one.
      expect(yield* ready(sys, ep)).toEqual([listening]);
      expect(yield* sys.accept4(listening, 0)).toBe(-EMFILE);
      expect(yield* ready(sys, ep)).toEqual([listening]);
    },
    { nofile: 6 },
  );
});

/** ponyc 4052 the other way round: EMFILE instead of EAGAIN, and the loop never hears of it again. */
test('after EMFILE an edge-triggered listener is silent, though descriptors become free', () => {
  inMachine(
    function* (sys) {
      const listening = yield* listener(sys);
      const ep = yield* watch(sys, listening, EPOLLIN | EPOLLET);
      const spare = yield* sys.dup(0);
      yield* client(sys);
      expect(yield* ready(sys, ep)).toEqual([listening]);
      expect(yield* sys.accept4(listening, 0)).toBe(-EMFILE);
      yield* sys.close(spare);
      expect(yield* ready(sys, ep)).toEqual([]);
      expect(yield* sys.accept4(listening, 0)).toBe(spare);
    },
    { nofile: 7 },
  );
});

/** A mask for everything on the listener: it has connections to offer, and nothing else. */
test('a listener reports input and never room', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const ep = yield* watch(sys, listening, everything);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* client(sys);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** grpc 6110, uwsgi 1224: a worker an instance, one listener, and all but one find EAGAIN. */
test('one connection wakes every instance that watches the listener', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const listening = yield* listener(sys);
    for (const name of ['t1', 't2', 't3']) yield* parkAlone(sys, listening, woken, name);
    yield* client(sys);
    yield* pause(sys);
    expect(woken).toHaveLength(3);
    expect(yield* sys.accept4(listening, 0)).toBeGreaterThan(0);
    expect(yield* sys.accept4(listening, 0)).toBe(-EAGAIN);
  });
});

/** nginx's accept_mutex is off since the flag exists: the oldest worker that sleeps is woken. */
test('one connection wakes one of the instances that watch the listener exclusively', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const listening = yield* listener(sys);
    for (const name of ['t1', 't2', 't3']) {
      yield* parkAlone(sys, listening, woken, name, EPOLLIN | EPOLLEXCLUSIVE);
    }
    yield* client(sys);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${listening}`]);
  });
});

/** Cloudflare's balance: who blocks in accept() is served in turn, who waits in one epoll is not. */
test('of the threads that block in accept the first to come is woken', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const listening = yield* listener(sys, 0);
    for (const name of ['t1', 't2', 't3']) {
      yield* inThread(sys, woken, function* (self) {
        yield* self.accept4(listening, 0);
        return name;
      });
      yield* pause(sys);
    }
    yield* client(sys);
    yield* pause(sys);
    expect(woken).toEqual(['t1']);
  });
});

/** Loops that ADD before connect(): the first thing they hear is a hangup. */
test('a socket that was never connected reports a hangup and room to write', () => {
  inMachine(function* (sys) {
    const fd = yield* tcpSocket(sys);
    const ep = yield* watch(sys, fd, everything);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLHUP]);
  });
});

/** connect(2), EINPROGRESS: EPOLLOUT says that it is over, SO_ERROR how. */
test('a connect that is under way reports room to write when it has succeeded', () => {
  inMachine(function* (sys) {
    yield* listener(sys);
    const fd = yield* tcpSocket(sys);
    expect(yield* sys.connect(fd, at(8080))).toBe(-EINPROGRESS);
    const ep = yield* watch(sys, fd, everything);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).toEqual({ value: 0, ret: 0 });
  });
});

/** The same with nobody there: OUT is set as well, so a test of OUT alone takes it for success. */
test('a connect that is refused reports room to write beside the error', () => {
  inMachine(function* (sys) {
    const fd = yield* tcpSocket(sys);
    expect(yield* sys.connect(fd, at(8080))).toBe(-EINPROGRESS);
    const ep = yield* watch(sys, fd, everything);
    const all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP;
    expect(yield* reported(sys, ep)).toEqual([all]);
    const taken = yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR);
    expect(taken.value).toBe(ECONNREFUSED);
  });
});

/** TCP, unlike AF_UNIX, tells of room only to those who have met its end. */
test('what the peer reads is no edge of room for who never met EAGAIN', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, near, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(near, 'hello');
    expect(yield* readText(sys, far)).toBe('hello');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** The contract of ET writers (nginx, tokio): write until EAGAIN, then wait for the edge. */
test('after EAGAIN room is an edge once the peer has read', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, near, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    while ((yield* sys.write(near, bytes(1 << 20))) > 0);
    expect(yield* reported(sys, ep)).toEqual([]);
    while ((yield* sys.read(far, bytes(1 << 20))) > 0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** netty 4317: the end has arrived, and so has the data before it; both are one event. */
test('a peer that shuts down writing is EPOLLRDHUP and no hangup', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, far, EPOLLIN | EPOLLRDHUP);
    yield* sys.write(near, 'tail');
    yield* sys.shutdown(near, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
    expect(yield* readText(sys, far)).toBe('tail');
    expect(yield* readText(sys, far)).toBe('');
    yield* sys.write(far, 'answer');
    expect(yield* readText(sys, near)).toBe('answer');
  });
});

/** tokio reads until it has less than it asked for: with the end in the same event that is a trap. */
test('data and end of stream are one edge, and the end is not reported again', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, far, EPOLLIN | EPOLLRDHUP | EPOLLET);
    yield* sys.write(near, 'bye');
    yield* sys.close(near);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
    expect(yield* readText(sys, far)).toBe('bye');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, far)).toBe('');
  });
});

/** haproxy 169: HUP means that both directions are over, whoever ended them. */
test('a connection hangs up when both sides have shut down writing', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, near, everything);
    yield* sys.shutdown(near, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.shutdown(far, SHUT_WR);
    const all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP;
    expect(yield* reported(sys, ep)).toEqual([all]);
  });
});

/** For who shuts down both directions it is over at once; the peer sees half a shutdown. */
test('shutting down both directions is a hangup for the caller, and no hangup for the peer', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const mine = yield* watch(sys, near, everything);
    const theirs = yield* watch(sys, far, everything);
    yield* sys.shutdown(near, SHUT_RDWR);
    const end = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
    expect(yield* reported(sys, mine)).toEqual([end | EPOLLHUP]);
    expect(yield* reported(sys, theirs)).toEqual([end]);
  });
});

/** A client that goes away with our answer unread: its kernel answers with a reset. */
test('a peer that closes with unread data resets the connection', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, far, everything);
    yield* sys.write(far, 'never read');
    yield* sys.close(near);
    const all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP;
    expect(yield* reported(sys, ep)).toEqual([all]);
    expect(yield* readText(sys, far)).toBe(-ECONNRESET);
    expect(yield* readText(sys, far)).toBe('');
  });
});

/** An empty mask does not keep a reset away: the JDK's spinning selector, netty 327. */
test('a reset is reported to an empty mask, and stays a hangup when its error is taken', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, far, 0);
    yield* sys.setsockopt(near, SOL_SOCKET, SO_LINGER, 0);
    yield* sys.close(near);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR | EPOLLHUP]);
    const taken = yield* sys.getsockopt(far, SOL_SOCKET, SO_ERROR);
    expect(taken.value).toBe(ECONNRESET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** The peer is gone and we write: the first write succeeds, its answer is a reset. */
test('a write to a closed peer succeeds once, and is answered by a reset', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, far, EPOLLIN | EPOLLRDHUP);
    yield* sys.close(near);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
    expect(yield* sys.send(far, 'x', MSG_NOSIGNAL)).toBe(1);
    const all = EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP;
    expect(yield* reported(sys, ep)).toEqual([all]);
    expect(yield* sys.send(far, 'x', MSG_NOSIGNAL)).toBe(-EPIPE);
  });
});

/** accept(2): ECONNABORTED is other systems' way; here the dead connection is handed out. */
test('a connection that is reset before it is accepted is still reported and accepted', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const ep = yield* watch(sys, listening, EPOLLIN);
    const near = yield* client(sys);
    yield* sys.setsockopt(near, SOL_SOCKET, SO_LINGER, 0);
    yield* sys.close(near);
    expect(yield* ready(sys, ep)).toEqual([listening]);
    const far = yield* sys.accept4(listening, SOCK_NONBLOCK);
    expect(yield* readText(sys, far)).toBe(-ECONNRESET);
  });
});

/** socket(7), SO_RCVLOWAT: since 2.6.28 poll and epoll heed it; a program may wait for a record. */
test('SO_RCVLOWAT holds EPOLLIN back until so many bytes are there', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    yield* sys.setsockopt(far, SOL_SOCKET, SO_RCVLOWAT, 8);
    yield* sys.write(near, 'half');
    const ep = yield* watch(sys, far, EPOLLIN);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.write(near, 'more');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** tcp(7): telnet's interrupt. The byte is no input for read(), and PRI is all that tells of it. */
test('urgent data is EPOLLPRI', () => {
  inMachine(function* (sys) {
    const [near, far] = yield* tcpPair(sys);
    const ep = yield* watch(sys, far, EPOLLIN | EPOLLPRI);
    yield* sys.send(near, '!', MSG_OOB);
    expect(yield* reported(sys, ep)).toEqual([EPOLLPRI]);
    expect(yield* sys.recv(far, bytes(1), MSG_OOB)).toBe(1);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** How threads that wait for connections are sent home without closing anything. */
test('shutting down a listener is a hangup for who watches it', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const listening = yield* listener(sys);
    const ep = yield* watch(sys, listening, EPOLLIN | EPOLLET);
    yield* park(sys, ep, woken, 't1');
    expect(yield* sys.shutdown(listening, SHUT_RDWR)).toBe(0);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${listening}`]);
    yield* modify(sys, ep, listening, EPOLLIN | EPOLLRDHUP);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** A server's batch: files of every kind stand in the order in which they became ready. */
test('a connection, its data and an eventfd are reported in the order in which they came', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const near = yield* client(sys);
    const far = yield* sys.accept4(listening, SOCK_NONBLOCK);
    const [ep, a] = yield* threeEventfds(sys, EPOLLIN);
    yield* add(sys, ep, listening, EPOLLIN);
    yield* add(sys, ep, far, EPOLLIN);
    yield* sys.write(near, 'x');
    yield* client(sys);
    yield* sys.write(a, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    expect(yield* ready(sys, ep)).toEqual([far, listening, a]);
  });
});
