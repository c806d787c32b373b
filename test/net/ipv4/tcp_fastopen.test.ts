/** Data in the SYN: what an event loop sees of it at both ends. */
import { expect, test } from 'vitest';
import {
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EISCONN,
  ETIMEDOUT,
} from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { MSG_FASTOPEN, SOCK_NONBLOCK } from '../../../src/kernel/uapi/socket.ts';
import {
  SOL_TCP,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_INFO,
} from '../../../src/kernel/uapi/tcp.ts';
import type { LinkOptions } from '../../../src/net/link.ts';
import { TCP_ESTABLISHED, TCP_SYN_RECV, TCP_SYN_SENT } from '../../../src/net/sock.ts';
import type { sockaddr } from '../../../src/net/socket.ts';
import type { Host, Link } from '../../../src/sim/host.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { at, bytes, inq, mask, put, soError, take, tcp, timed } from './support.ts';

/** Client and server, without the option; and without any cookie. */
const both = { 'net/ipv4/tcp_fastopen': 0x403 };
const noCookies = { 'net/ipv4/tcp_fastopen': 0x607 };

function* state(sys: Sys, fd: number): Code<number> {
  return (yield* sys.getsockopt(fd, SOL_TCP, TCP_INFO)).value & 0xff;
}

function* server(sys: Sys, addr: sockaddr): Code<number> {
  const fd = yield* tcp(sys, SOCK_NONBLOCK);
  yield* sys.bind(fd, addr);
  yield* sys.listen(fd, 8);
  return fd;
}

function* deferring(sys: Sys, type = SOCK_NONBLOCK): Code<number> {
  const fd = yield* tcp(sys, type);
  yield* sys.setsockopt(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1);
  return fd;
}

/** A server at port 7000 whose cookie is known. */
function* knownServer(sys: Sys): Code<number> {
  const l = yield* server(sys, at(7000));
  yield* sys.connect(yield* deferring(sys), at(7000));
  yield* sys.accept4(l, 0);
  return l;
}

/** Two hosts 5 ms apart. */
function farServer(
  sysctls: Record<string, number>,
  loss: LinkOptions['loss'] = 0,
): [Machine, Host, Host, Link] {
  const machine = new Machine({ sysctls });
  const client = machine.host('client');
  const host = machine.host('server');
  return [machine, client, host, machine.link(client, host, { latency_ns: 5_000_000, loss })];
}

/** Waits for a connection as soon as there is one to accept. */
function* accepted(sys: Sys, l: number): Code<number> {
  yield* sys.epoll_wait(yield* watch(sys, l, EPOLLIN), 1, -1);
  return yield* sys.accept4(l, SOCK_NONBLOCK);
}

/** tcp(7), TCP_FASTOPEN_CONNECT: a client calls connect() and write() as ever. */
test('the first connection fetches a cookie, the second waits for its first write', () => {
  inMachine(
    function* (sys) {
      const l = yield* server(sys, at(7000));
      const first = yield* deferring(sys);
      expect(yield* sys.connect(first, at(7000))).toBe(-EINPROGRESS);
      expect(yield* state(sys, first)).toBe(TCP_ESTABLISHED);
      yield* sys.accept4(l, 0);
      const second = yield* deferring(sys);
      expect(yield* sys.connect(second, at(7000))).toBe(0);
      expect([yield* state(sys, second), yield* mask(sys, second)]).toEqual([
        TCP_SYN_SENT,
        EPOLLOUT,
      ]);
      expect(yield* sys.connect(second, at(7000))).toBe(-EISCONN);
      expect(yield* mask(sys, l)).toBe(0);
      expect(yield* put(sys, second, 'hello')).toBe(5);
      const served = yield* sys.accept4(l, 0);
      expect(yield* take(sys, served, 9)).toBe('hello');
      expect(yield* state(sys, second)).toBe(TCP_ESTABLISHED);
    },
    { sysctls: both },
  );
});

/** A server behind a link of 5 ms reads the request one round trip earlier. */
test('a connection that a SYN with data has made can be read and written before it is confirmed', () => {
  const [machine, client, host] = farServer(noCookies);
  const seen: unknown[] = [];
  machine.spawn(
    function* (sys) {
      const l = yield* server(sys, host.sockaddr(80));
      const fd = yield* accepted(sys, l);
      seen.push(yield* state(sys, fd), yield* mask(sys, fd), yield* take(sys, fd, 9));
      seen.push(yield* put(sys, fd, 'answer'));
      yield* pause(sys, 50);
      seen.push(yield* state(sys, fd));
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* tcp(sys);
      expect(yield* sys.sendto(fd, 'ask', MSG_FASTOPEN, host.sockaddr(80))).toBe(3);
      expect(yield* sys.recv(fd, new Uint8Array(9), 0)).toBe(6);
      yield* pause(sys, 100);
    },
    { host: client },
  );
  machine.run();
  expect(seen).toEqual([TCP_SYN_RECV, EPOLLIN | EPOLLOUT, 'ask', 6, TCP_ESTABLISHED]);
});

/** Many connections that are never confirmed: the listener goes back to the ordinary handshake. */
test('TCP_FASTOPEN bounds how many connections are unconfirmed', () => {
  const [machine, client, host, wire] = farServer({ 'net/ipv4/tcp_fastopen': 0x207 });
  let waiting = 0;
  machine.spawn(
    function* (sys) {
      const l = yield* server(sys, host.sockaddr(80));
      yield* sys.setsockopt(l, SOL_TCP, TCP_FASTOPEN, 2);
      yield* sys.close(yield* accepted(sys, l));
      wire.partition(host); // From here on no answer gets through.
      yield* pause(sys, 50);
      while ((yield* sys.accept4(l, 0)) >= 0) waiting++;
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      yield* sys.connect(yield* tcp(sys), host.sockaddr(80)); // The way is known from here on.
      yield* pause(sys, 20);
      for (let i = 0; i < 4; i++) {
        const fd = yield* tcp(sys, SOCK_NONBLOCK);
        yield* sys.sendto(fd, 'x', MSG_FASTOPEN, host.sockaddr(80));
        expect(yield* sys.sendto(fd, 'y', MSG_FASTOPEN, host.sockaddr(80))).toBe(-EALREADY);
      }
    },
    { host: client },
  );
  machine.run(1_200_000_000);
  expect(waiting).toBe(2);
});

/** A descriptor that epoll reports writable before the peer was even called. */
test('a call that waits for its first write is writable, and then fails as connect() would have', () => {
  inMachine(
    function* (sys) {
      yield* sys.close(yield* knownServer(sys));
      const fd = yield* deferring(sys);
      const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT | EPOLLET);
      expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLHUP]);
      expect(yield* sys.connect(fd, at(7000))).toBe(0);
      expect(yield* reported(sys, ep)).toEqual([]);
      expect([yield* soError(sys, fd), yield* take(sys, fd, 9)]).toEqual([0, -EAGAIN]);
      expect(yield* put(sys, fd, 'abc')).toBe(3);
      expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP]);
      expect([yield* soError(sys, fd), yield* soError(sys, fd)]).toEqual([ECONNREFUSED, 0]);
      expect(yield* sys.connect(fd, at(7000))).toBe(-ECONNABORTED);
      const blocking = yield* deferring(sys, 0);
      expect(yield* sys.connect(blocking, at(7000))).toBe(0);
      expect(yield* sys.write(blocking, 'abc')).toBe(-ECONNREFUSED);
    },
    { sysctls: both },
  );
});

/** A sender that takes the first count for the whole message. */
test('a send that does not block returns what the SYN has taken, one that blocks sends the rest', () => {
  inMachine(
    function* (sys) {
      const l = yield* knownServer(sys);
      const fd = yield* tcp(sys, SOCK_NONBLOCK);
      expect(yield* sys.sendto(fd, bytes(100_000), MSG_FASTOPEN, at(7000))).toBe(32_768);
      yield* sys.accept4(l, 0);
      const blocking = yield* tcp(sys);
      expect(yield* sys.sendto(blocking, bytes(100_000), MSG_FASTOPEN, at(7000))).toBe(100_000);
      expect(yield* inq(sys, yield* sys.accept4(l, 0))).toBe(100_000);
    },
    { sysctls: both },
  );
});

/** A protocol in which the server speaks first. */
test('a write of nothing makes the call, and shows the cookie', () => {
  const [machine, client, host] = farServer(both);
  const seen: number[] = [];
  machine.spawn(
    function* (sys) {
      const l = yield* server(sys, host.sockaddr(80));
      yield* accepted(sys, l);
      seen.push(yield* state(sys, yield* accepted(sys, l)));
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      yield* sys.connect(yield* deferring(sys, 0), host.sockaddr(80));
      const fd = yield* deferring(sys);
      expect(yield* sys.connect(fd, host.sockaddr(80))).toBe(0);
      expect(yield* put(sys, fd, '')).toBe(-EINPROGRESS);
      yield* pause(sys, 100);
    },
    { host: client },
  );
  machine.run();
  expect(seen).toEqual([TCP_SYN_RECV]);
});

/** Data in a SYN to a server that has changed its mind must not be lost. */
test('data that the answer does not acknowledge are sent again', () => {
  inMachine(
    function* (sys) {
      const l = yield* knownServer(sys);
      yield* sys.setsockopt(l, SOL_TCP, TCP_FASTOPEN, 0);
      const fd = yield* tcp(sys);
      expect(yield* sys.sendto(fd, 'hello', MSG_FASTOPEN, at(7000))).toBe(5);
      expect(yield* take(sys, yield* sys.accept4(l, 0), 9)).toBe('hello');
    },
    { sysctls: both },
  );
});

/** The SYN comes again alone, and once it is answered nothing counts as lost twice. */
test('data of a SYN that was lost are sent again once the call is answered', () => {
  const sent: number[] = [];
  const [machine, client, host] = farServer(noCookies, ({ from, payload }) => {
    if (from === 'client' && payload > 0) sent.push(machine.now_ns / 1e6 - 1000);
    return from === 'client' && payload > 0 && sent.length === 1;
  });
  const seen: (string | number)[] = [];
  machine.spawn(
    function* (sys) {
      const fd = yield* accepted(sys, yield* server(sys, host.sockaddr(80)));
      yield* pause(sys, 1500);
      seen.push(yield* take(sys, fd, 9));
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* tcp(sys, SOCK_NONBLOCK);
      yield* sys.sendto(fd, 'ask', MSG_FASTOPEN, host.sockaddr(80));
      yield* pause(sys, 1500);
      yield* put(sys, fd, 'more');
      yield* pause(sys, 300);
      const { text } = yield* sys.procNet('tcp');
      seen.push(text.trim().slice(-4)); // The congestion window, and where it is to grow slowly.
    },
    { host: client },
  );
  machine.run();
  expect([sent, seen]).toEqual([
    [0, 1010, 1500],
    ['10 5', 'askmore'],
  ]);
});

/** A server whose answer is lost serves on: it has the request. */
test('the answer to a SYN with data is sent again until it is confirmed, and nothing else is', () => {
  let answers = 0;
  const [machine, client, host] = farServer(noCookies, ({ payload, text }) => {
    if (text.includes('SYN ACK')) return answers++ === 0;
    return text.includes('SYN') && payload === 0; // The client's SYN does not come again.
  });
  const seen: unknown[] = [];
  machine.spawn(
    function* (sys) {
      const l = yield* server(sys, host.sockaddr(80));
      const fd = yield* accepted(sys, l);
      yield* pause(sys, 500);
      yield* put(sys, fd, 'answer');
      yield* pause(sys, 490);
      seen.push(yield* state(sys, fd));
      yield* pause(sys, 30);
      seen.push(yield* state(sys, fd));
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* tcp(sys, SOCK_NONBLOCK);
      yield* sys.sendto(fd, 'ask', MSG_FASTOPEN, host.sockaddr(80));
      yield* pause(sys, 3000);
    },
    { host: client },
  );
  machine.run();
  expect([seen, answers]).toEqual([[TCP_SYN_RECV, TCP_ESTABLISHED], 2]);
});

/** A connection that is accepted and never confirmed does not stay for ever. */
test('an unconfirmed connection ends with ETIMEDOUT, one try after an ordinary one would', () => {
  const [machine, client, host, wire] = farServer({
    ...noCookies,
    'net/ipv4/tcp_synack_retries': 1,
  });
  const seen: unknown[] = [];
  machine.spawn(
    function* (sys) {
      const l = yield* server(sys, host.sockaddr(80));
      wire.partition(host);
      const fd = yield* accepted(sys, l);
      const ep = yield* watch(sys, fd, EPOLLRDHUP);
      const [found, waited] = yield* timed(sys, sys.epoll_wait(ep, 1, -1));
      seen.push(found[0]?.events, Math.round(waited / 100), yield* soError(sys, fd));
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* tcp(sys, SOCK_NONBLOCK);
      yield* sys.sendto(fd, 'ask', MSG_FASTOPEN, host.sockaddr(80));
      yield* pause(sys, 20_000);
    },
    { host: client },
  );
  machine.run();
  const mask = EPOLLERR | EPOLLHUP | EPOLLRDHUP;
  expect(seen).toEqual([mask, 70, ETIMEDOUT]); // 1 s, 2 s and 4 s.
});

/** Forged SYNs with data: what they have opened counts on. */
test('a connection that is reset before it is confirmed counts for a minute', () => {
  const [machine, client, host] = farServer({ 'net/ipv4/tcp_fastopen': 0x207 });
  const seen: unknown[] = [];
  machine.spawn(
    function* (sys) {
      const l = yield* server(sys, host.sockaddr(80));
      yield* sys.setsockopt(l, SOL_TCP, TCP_FASTOPEN, 1);
      for (let i = 0; i < 3; i++) {
        const fd = yield* accepted(sys, l);
        const first = yield* state(sys, fd);
        yield* pause(sys, 30);
        seen.push([first, yield* soError(sys, fd)]);
      }
    },
    { host },
  );
  machine.spawn(
    function* (sys) {
      const call = function* (): Code<number> {
        const fd = yield* tcp(sys, SOCK_NONBLOCK);
        yield* sys.sendto(fd, 'x', MSG_FASTOPEN, host.sockaddr(80));
        return fd;
      };
      yield* pause(sys, 1);
      yield* sys.close(yield* call()); // The answer is answered with a reset.
      yield* pause(sys, 50_000);
      yield* call();
      yield* pause(sys, 11_000);
      yield* call();
      yield* pause(sys, 100);
    },
    { host: client },
  );
  machine.run();
  expect(seen).toEqual([
    [TCP_SYN_RECV, ECONNRESET],
    [TCP_ESTABLISHED, 0],
    [TCP_SYN_RECV, 0],
  ]);
});
