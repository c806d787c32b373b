/**
 * What the servers of this folder share, none of which is about epoll: how one listens, connects,
 * sends all of something, and reads a clock. Not a program.
 */
import {
  AF_INET,
  CLOCK_MONOTONIC,
  type Code,
  decodeText,
  EAGAIN,
  encodeText,
  INADDR_LOOPBACK,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type Sys,
  type sockaddr,
  type timespec,
} from 'epollsim';

/** Hears one line at a time. */
export type Print = (line: string) => void;

export const ms = (n: number): timespec => ({
  tv_sec: Math.floor(n / 1000),
  tv_nsec: (n % 1000) * 1e6,
});

export const loopback = (port: number): sockaddr => ({
  family: AF_INET,
  addr: INADDR_LOOPBACK,
  port,
});

/** A listener that does not block. */
export function* listenOn(sys: Sys, address: sockaddr): Code<number> {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  sys.assert((yield* sys.bind(listener, address)) === 0, 'the port is free');
  yield* sys.listen(listener, 128);
  return listener;
}

/** All connections that wait, as descriptors that do not block. */
export function* acceptAll(sys: Sys, listener: number): Code<number[]> {
  const accepted: number[] = [];
  for (;;) {
    const fd = yield* sys.accept4(listener, SOCK_NONBLOCK);
    if (fd === -EAGAIN) return accepted;
    sys.assert(fd >= 0, 'a connection is accepted');
    accepted.push(fd);
  }
}

/** A client's connection, which blocks; with `rcvbuf`, as much is received unread, more or less. */
export function* connectTo(sys: Sys, address: sockaddr, rcvbuf?: number): Code<number> {
  const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
  if (rcvbuf !== undefined) yield* sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, rcvbuf);
  sys.assert((yield* sys.connect(fd, address)) === 0, 'the server listens');
  return fd;
}

/** Writes all of it, on a descriptor that blocks. */
export function* sendAll(sys: Sys, fd: number, text: string): Code<void> {
  for (let rest = encodeText(text); rest.length > 0; ) {
    const n = yield* sys.write(fd, rest);
    sys.assert(n > 0, 'the other side takes what is sent');
    rest = rest.subarray(n);
  }
}

/** Reads `length` bytes of ASCII, or what there is up to the end, on a descriptor that blocks. */
export function* receive(sys: Sys, fd: number, length: number): Code<string> {
  let text = '';
  while (text.length < length) {
    const buf = new Uint8Array(Math.min(length - text.length, 65_536));
    const n = yield* sys.read(fd, buf);
    if (n <= 0) break;
    text += decodeText(buf.subarray(0, n));
  }
  return text;
}

/** The whole lines in what has come so far, and what has come of the next one. */
export function splitLines(text: string): { lines: string[]; rest: string } {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  return { lines, rest };
}

/** Milliseconds on the monotonic clock. */
export function* now(sys: Sys): Code<number> {
  const { tv_sec, tv_nsec } = yield* sys.clock_gettime(CLOCK_MONOTONIC);
  return tv_sec * 1000 + tv_nsec / 1e6;
}

export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
