/**
 * A server that is asked to end, and finishes what it has begun: SIGTERM by signalfd.
 *
 * The signal is blocked, so it interrupts nothing and waits to be read like any other event. The
 * parent passes it on to its workers and waits until the last of them has ended (SIGCHLD, by the
 * same descriptor). A worker accepts who has come so far, closes the listener, answers each request
 * that is under way, and ends with its last connection. Whoever connects between its last accept()
 * and its close() is reset, on Linux too: no call closes a listener to those who come, and to
 * nobody who has.
 */
import {
  AF_INET,
  type Code,
  decodeText,
  EAGAIN,
  ECONNREFUSED,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  MSG_NOSIGNAL,
  type Program,
  SFD_NONBLOCK,
  SIG_BLOCK,
  SIGCHLD,
  SIGTERM,
  SOCK_STREAM,
  type Sys,
  signalsRead,
  sigset,
  WEXITSTATUS,
  WNOHANG,
} from 'epollsim';
import {
  acceptAll,
  connectTo,
  listenOn,
  loopback,
  ms,
  type Print,
  receive,
  sendAll,
} from './common.ts';

const address = loopback(8000);

const watch = (sys: Sys, ep: number, fd: number): Code<number> =>
  sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });

/** Blocks some signals; a descriptor that reports them instead. */
function* signalsOf(sys: Sys, ...signals: number[]): Code<number> {
  yield* sys.sigprocmask(SIG_BLOCK, sigset(...signals));
  return yield* sys.signalfd4(-1, sigset(...signals), SFD_NONBLOCK);
}

/** A parent and its workers; ends when it has been told to and they have ended. */
export const server = (workers: readonly string[], print: Print): Program =>
  function* (sys) {
    const listener = yield* listenOn(sys, address);
    // Before fork(): a signal that comes at once finds it blocked in the child too.
    const signals = yield* signalsOf(sys, SIGTERM, SIGCHLD);
    const children = new Map<number, string>();
    for (const name of workers) {
      children.set(yield* sys.fork(worker(listener, name, print), name), name);
    }
    yield* sys.close(listener); // It is the workers' now, and ends when all of them have closed it.
    const ep = yield* sys.epoll_create1(0);
    yield* watch(sys, ep, signals);
    while (children.size > 0) {
      yield* sys.epoll_wait(ep, 1, -1);
      const buf = new Uint8Array(512);
      const n = yield* sys.read(signals, buf);
      for (const { ssi_signo } of signalsRead(buf, n)) {
        if (ssi_signo !== SIGTERM) continue;
        print('the parent is told to end');
        for (const pid of children.keys()) yield* sys.kill(pid, SIGTERM);
      }
      yield* reap(sys, children, print);
    }
    print('the parent ends');
  };

/** Waits for all who have ended: several ends may make one SIGCHLD. */
function* reap(sys: Sys, children: Map<number, string>, print: Print): Code<void> {
  for (;;) {
    const { ret: pid, status } = yield* sys.wait4(-1, WNOHANG);
    if (pid <= 0) return;
    print(`${children.get(pid)} has ended with status ${WEXITSTATUS(status)}`);
    children.delete(pid);
  }
}

const worker = (listener: number, name: string, print: Print): Program =>
  function* (sys) {
    const signals = yield* sys.signalfd4(-1, sigset(SIGTERM), SFD_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    for (const fd of [signals, listener]) yield* watch(sys, ep, fd);
    /** By descriptor, what has come of the request. */
    const connections = new Map<number, string>();
    const accept = function* (): Code<void> {
      for (const fd of yield* acceptAll(sys, listener)) {
        connections.set(fd, '');
        yield* watch(sys, ep, fd);
      }
    };
    for (let ending = false; !ending || connections.size > 0; ) {
      for (const { data } of yield* sys.epoll_wait(ep, 16, -1)) {
        const fd = Number(data);
        if (fd === signals) {
          ending = true;
          yield* accept(); // They were told that they are connected.
          // close() alone would not do: another worker has the same listener, and keeps it open.
          yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, listener);
          for (const own of [listener, signals]) yield* sys.close(own);
          print(`${name} ends, with ${connections.size} to serve`);
        } else if (fd === listener) {
          if (!ending) yield* accept();
        } else yield* serve(sys, fd, name, connections);
      }
    }
  };

/** A request is a line, its answer another; then the connection ends. */
function* serve(sys: Sys, fd: number, name: string, connections: Map<number, string>): Code<void> {
  const buf = new Uint8Array(64);
  const n = yield* sys.read(fd, buf);
  if (n === -EAGAIN) return;
  const request = (connections.get(fd) ?? '') + decodeText(buf.subarray(0, Math.max(n, 0)));
  connections.set(fd, request);
  if (n > 0 && !request.endsWith('\n')) return;
  if (n > 0) yield* sys.send(fd, `${request.trimEnd()}, answered by ${name}\n`, MSG_NOSIGNAL);
  connections.delete(fd);
  yield* sys.close(fd);
}

/** Asks slowly: half of the request now and half of it later. */
const client = (who: string, print: Print): Program =>
  function* (sys) {
    const fd = yield* connectTo(sys, address);
    yield* sendAll(sys, fd, `request of `);
    yield* sys.nanosleep(ms(100));
    yield* sendAll(sys, fd, `${who}\n`);
    print((yield* receive(sys, fd, 100)).trimEnd());
    yield* sys.close(fd);
  };

export const example = (print: Print): Program =>
  function* (sys) {
    const pid = yield* sys.fork(server(['worker-1', 'worker-2'], print), 'server');
    yield* sys.nanosleep(ms(10));
    const clients: number[] = [];
    for (const who of ['the first', 'the second', 'the third']) {
      clients.push(yield* sys.fork(client(who, print), who));
    }
    yield* sys.nanosleep(ms(50)); // All of them are connected, and none has asked to the end.
    yield* sys.kill(pid, SIGTERM);
    yield* sys.nanosleep(ms(10));
    const late = yield* sys.socket(AF_INET, SOCK_STREAM);
    const refused = yield* sys.connect(late, address);
    print(refused === -ECONNREFUSED ? 'who comes now is refused' : 'who comes now gets in');
    for (const child of clients) yield* sys.wait4(child);
    const { status } = yield* sys.wait4(pid);
    print(`the server has ended with status ${WEXITSTATUS(status)}`);
  };

export default example(console.log);
