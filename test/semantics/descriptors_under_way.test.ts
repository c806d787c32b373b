/** Descriptors in messages, and epoll: what is registered is the open file, wherever its numbers are. */
import { expect, test } from 'vitest';
import { EBADF, ENOENT } from '../../src/kernel/uapi/errno.ts';
import { EPOLL_CTL_DEL, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET } from '../../src/kernel/uapi/socket.ts';
import type { user_msghdr } from '../../src/net/sys_msg.ts';
import { Machine } from '../../src/sim/machine.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { ready } from './scenes.ts';

const sendFd = (sys: Sys, socket: number, fd: number): Code<number> =>
  sys.sendmsg(
    socket,
    {
      msg_iov: [new Uint8Array(1)],
      msg_control: [{ level: SOL_SOCKET, type: SCM_RIGHTS, data: [fd] }],
    },
    0,
  );

function* receiveFd(sys: Sys, socket: number): Code<number> {
  const msg: user_msghdr = { msg_iov: [new Uint8Array(1)], msg_control: [] };
  yield* sys.recvmsg(socket, msg, 0);
  const [along] = msg.msg_control ?? [];
  const [fd] = (along?.data ?? []) as [number];
  return fd;
}

/** A descriptor that is ready and watched, and a pair of sockets. */
function* scene(sys: Sys): Code<{ ep: number; fd: number; a: number; b: number }> {
  const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const fd = yield* sys.eventfd2(1, 0);
  return { ep: yield* watch(sys, fd, EPOLLIN), fd, a, b };
}

/** A server that hands a connection over and closes it goes on hearing of it. */
test('a file under way is reported although nobody has a descriptor for it', () => {
  inMachine(function* (sys) {
    const { ep, fd, a } = yield* scene(sys);
    yield* sendFd(sys, a, fd);
    yield* sys.close(fd);
    expect(yield* ready(sys, ep)).toEqual([fd]);
  });
});

/** The registration is under the old number; the new one is another name of the same file. */
test('it cannot be removed after close, neither by the old number nor by the new one', () => {
  inMachine(function* (sys) {
    const { ep, fd, a, b } = yield* scene(sys);
    yield* sendFd(sys, a, fd);
    yield* sys.close(fd);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd)).toBe(-EBADF);
    const taken = yield* sys.eventfd2(0, 0); // Somebody else has the number now.
    expect(taken).toBe(fd);
    const received = yield* receiveFd(sys, b);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd)).toBe(-ENOENT);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, received)).toBe(-ENOENT);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    yield* sys.close(received);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** The old number, if it is free again when the receiver gets it, names the registration again. */
test('it can be removed again once the file has its old number back', () => {
  inMachine(function* (sys) {
    const { ep, fd, a, b } = yield* scene(sys);
    yield* sendFd(sys, a, fd);
    yield* sys.close(fd);
    expect(yield* receiveFd(sys, b)).toBe(fd);
    expect(yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd)).toBe(0);
  });
});

/** A message that nobody reads: the close of the socket ends the file, and its registration. */
test('it is reported no more once the socket that it waits in is closed', () => {
  inMachine(function* (sys) {
    const { ep, fd, a, b } = yield* scene(sys);
    yield* sendFd(sys, a, fd);
    yield* sys.close(fd);
    yield* sys.close(b);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** One process registers, another waits: the event is under the number of the former. */
test('an instance that was sent to another process reports there what was registered here', () => {
  const machine = new Machine();
  const path = '/tmp/s';
  machine.spawn(function* (sys) {
    const listener = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    yield* sys.bind(listener, { family: AF_UNIX, path });
    yield* sys.listen(listener, 1);
    const connection = yield* sys.accept4(listener, 0);
    const fd = yield* sys.eventfd2(1, 0);
    yield* sendFd(sys, connection, yield* watch(sys, fd, EPOLLIN));
    yield* sendFd(sys, connection, fd); // Keeps the file open.
  }, 'sender');
  const receiver = machine.spawn(function* (sys) {
    const socket = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    yield* sys.connect(socket, { family: AF_UNIX, path });
    const ep = yield* receiveFd(sys, socket);
    yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 }); // The sender has ended.
    return [yield* ready(sys, ep), ep];
  }, 'receiver');
  machine.run();
  expect(receiver.result).toEqual({ how: 'returned', value: [[5], 4] });
});
