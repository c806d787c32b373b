/**
 * A Duplex of Node over a simulated socket or pipe: ordinary protocol code is driven over partial
 * reads, resets and back-pressure.
 *
 * It reads while its consumer wants more, and stops at highWaterMark, so that what the peer sends
 * piles up in the kernel and the peer's window closes; it writes what the kernel takes, and waits for
 * EPOLLOUT with the rest. Errors are those of Node's net.Socket.
 *
 * Differs from net.Socket: no timeouts and no addresses; the descriptor is given, and is connected.
 */
import { Duplex } from 'node:stream';
import type { AsyncSys } from '../async/sys.ts';
import { type AsyncThread, isAsyncSys, threadOf } from '../async/thread.ts';
import {
  EAGAIN,
  ENOTCONN,
  ENOTSOCK,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  F_GETFL,
  F_SETFL,
  O_NONBLOCK,
  SHUT_WR,
} from '../kernel/uapi/index.ts';
import { errnoName } from '../kernel/uapi/names.ts';
import { inWords } from '../syscalls/found.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { Loop, type Watcher } from './loop.ts';

/**
 * How a stream is made: what Duplex takes of these; `allowHalfOpen` is false unless told otherwise, as
 * in net.Socket.
 */
export interface SocketStreamOptions {
  /** True: the end of what is read does not end what is written. False unless told otherwise. */
  readonly allowHalfOpen?: boolean;
  /** In bytes, of what was read and not taken, and of what is to be written; 16384 unless told otherwise. */
  readonly highWaterMark?: number;
  /** The same in bytes of what was read and not taken. */
  readonly readableHighWaterMark?: number;
  /** The same in bytes of what is to be written. */
  readonly writableHighWaterMark?: number;
  /** What is read comes as text; as bytes unless told otherwise. */
  readonly encoding?: BufferEncoding;
  /** False: no 'close' event after it was destroyed. True unless told otherwise. */
  readonly emitClose?: boolean;
  /** False for the end of a pipe that is only written. */
  readonly readable?: boolean;
  /** False for the end of a pipe that is only read. */
  readonly writable?: boolean;
  /**
   * How many bytes a read asks for, 65536 unless told otherwise, as Node does. Of an array the first
   * read takes the first size, and so on; when it is used up they are 65536. So a parser is driven
   * over every split of its input.
   */
  readonly readSize?: number | readonly number[] | undefined;
}

/** What Node's net.Socket is destroyed with where a call fails. */
export interface SocketError extends Error {
  /** 'ECONNRESET', … */
  readonly code: string;
  /** Negative, as in Node: -104. */
  readonly errno: number;
  /** 'read', 'write' or 'shutdown'. */
  readonly syscall: string;
}

/** What a stream calls when it is done, with an Error where it failed. */
export type Done = (error?: Error | null) => void;

const defaultReadSize = 65_536;

/** What a stream has to do with its kernel. */
class Handle implements Watcher {
  readonly fd: number;
  wantsMore = false;
  private readonly thread: AsyncThread;
  private readonly loop: Loop;
  private readonly stream: Duplex;
  private readonly sizes: readonly number[];
  private readonly size: number;
  private reads = 0;
  /** What the kernel has not taken yet. */
  private rest: Uint8Array | null = null;
  private done: Done = () => {};

  constructor(stream: Duplex, thread: AsyncThread, fd: number, size: number | readonly number[]) {
    this.stream = stream;
    this.thread = thread;
    this.fd = fd;
    this.sizes = typeof size === 'number' ? [] : size;
    this.size = typeof size === 'number' ? size : defaultReadSize;
    this.loop = Loop.of(thread);
    this.thread.post('fcntl', (steps) => this.open(steps));
  }

  get wanted(): number {
    return (this.wantsMore ? EPOLLIN : 0) | (this.rest === null ? 0 : EPOLLOUT);
  }

  private *open(steps: Sys): Code<void> {
    yield* this.loop.open(steps);
    const flags = yield* steps.fcntl(this.fd, F_GETFL);
    if (flags >= 0) yield* steps.fcntl(this.fd, F_SETFL, flags | O_NONBLOCK);
    if (this.stream.destroyed) return;
    if (flags < 0) this.stream.destroy(notOpen(this.fd, flags));
    else this.loop.add(this);
  }

  write(bytes: Uint8Array, done: Done): void {
    this.rest = null;
    this.done = done;
    const posted = this.thread.post('write', (steps) => this.flush(bytes, steps));
    if (!posted) done(new Error('expected a thread that runs, found one that has ended'));
  }

  shut(done: Done): void {
    const { fd } = this;
    const posted = this.thread.post('shutdown', function* (steps) {
      const ret = yield* steps.shutdown(fd, SHUT_WR);
      // A pipe has no half to shut, and a peer that is gone need not be told.
      done(ret === 0 || ret === -ENOTSOCK || ret === -ENOTCONN ? null : failed('shutdown', ret));
    });
    if (!posted) done();
  }

  close(done: () => void): void {
    this.wantsMore = false;
    this.rest = null;
    const posted = this.thread.post('close', (steps) => this.release(done, steps));
    if (!posted) done();
  }

  private *release(done: () => void, steps: Sys): Code<void> {
    yield* this.loop.remove(this, steps);
    yield* steps.close(this.fd);
    done();
  }

  *found(events: number, steps: Sys): Code<void> {
    const fails = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if (this.wantsMore && (fails || (events & EPOLLIN) !== 0)) yield* this.read(steps);
    const { rest } = this;
    if (rest !== null && (fails || (events & EPOLLOUT) !== 0)) yield* this.flush(rest, steps);
  }

  /** Reads once: epoll tells again if there is more. */
  private *read(steps: Sys): Code<void> {
    const { stream } = this;
    const buf = Buffer.alloc(this.sizes[this.reads] ?? this.size);
    const n = yield* steps.read(this.fd, buf);
    if (n === -EAGAIN || stream.destroyed) return;
    this.reads++;
    this.wantsMore = false; // Until the stream asks for more.
    if (n < 0) stream.destroy(failed('read', n));
    else if (n === 0) stream.push(null);
    else if (stream.push(buf.subarray(0, n))) this.wantsMore = !stream.destroyed;
  }

  /** Writes as much as the kernel takes. */
  private *flush(bytes: Uint8Array, steps: Sys): Code<void> {
    if (this.stream.destroyed) return;
    let at = 0;
    while (at < bytes.length) {
      const n = yield* steps.write(this.fd, bytes.subarray(at));
      if (n === -EAGAIN) {
        this.rest = bytes.subarray(at);
        return;
      }
      this.rest = null;
      if (n < 0) return this.done(failed('write', n));
      at += n;
    }
    this.rest = null;
    this.done();
  }
}

/**
 * A Duplex over a simulated socket or pipe; see socketStream(), which makes it.
 *
 * @throws TypeError where `sys` is none of an async program, `fd` is no descriptor, or `readSize` is wrong
 * @throws OutOfSteps where the program goes on for ever
 */
export class SocketStream extends Duplex {
  readonly #handle: Handle;

  constructor(sys: AsyncSys, fd: number, options: SocketStreamOptions = {}) {
    const { readSize = defaultReadSize, ...others } = options;
    expectStream(sys, fd, readSize);
    super({ allowHalfOpen: false, ...others });
    this.#handle = new Handle(this, threadOf(sys), fd, readSize);
  }

  /** The descriptor; it is the stream's, which closes it. */
  get fd(): number {
    return this.#handle.fd;
  }

  override _read(): void {
    this.#handle.wantsMore = true;
  }

  override _write(chunk: Uint8Array, _: BufferEncoding, done: Done): void {
    this.#handle.write(chunk, done);
  }

  override _final(done: Done): void {
    this.#handle.shut(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#handle.close(() => done(error));
  }
}

/**
 * A Duplex over a socket or pipe of the program that `sys` is given to. The descriptor is the
 * stream's from here on: it is made non-blocking, and is closed when the stream is destroyed. The
 * thread waits for it while it awaits something that is no call, as Node's loop does.
 *
 * @throws {TypeError} where `sys` is none of an async program, `fd` is no descriptor, or `readSize`
 * has something else than positive integers.
 * @throws OutOfSteps where the program goes on for ever
 */
export const socketStream = (
  sys: AsyncSys,
  fd: number,
  options: SocketStreamOptions = {},
): SocketStream => new SocketStream(sys, fd, options);

function expectStream(sys: unknown, fd: unknown, readSize: unknown): void {
  if (!isAsyncSys(sys)) {
    throw new TypeError(
      `socketStream: expected the sys of an async program, found ${inWords(sys)}`,
    );
  }
  if (!Number.isSafeInteger(fd) || (fd as number) < 0) {
    throw new TypeError(`socketStream: expected a descriptor, found ${inWords(fd)}`);
  }
  const sizes: readonly unknown[] = Array.isArray(readSize) ? readSize : [readSize];
  const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) > 0;
  if (sizes.length > 0 && sizes.every(isSize)) return;
  const found = sizes.find((size) => !isSize(size)) ?? readSize;
  throw new TypeError(
    `socketStream: readSize: expected positive integers, found ${inWords(found)}`,
  );
}

/** As Node words it: "read ECONNRESET". */
function notOpen(fd: number, ret: number): SocketError {
  const error = failed('fcntl', ret);
  error.message = `socketStream: expected a descriptor that is open, found ${fd} (${error.message})`;
  return error;
}

function failed(syscall: string, ret: number): SocketError {
  const code = errnoName(ret);
  return Object.assign(new Error(`${syscall} ${code}`), { errno: ret, code, syscall });
}
