/**
 * The mistakes: a header is read, and the body is left to the next event, which never comes: it was
 * there with the header. And what one read() gives is taken to be the whole message.
 */
import {
  AF_UNIX,
  decodeText,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import { checkTest } from 'epollsim/vitest';

/** A length, and so many bytes. */
const message = '5hello';

checkTest('a message is read', { sharedMemory: false }, function* (sys) {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
  yield* sys.write(writer, message);

  yield* sys.epoll_wait(ep, 1, -1);
  const header = new Uint8Array(1);
  yield* sys.read(reader, header);
  yield* sys.epoll_wait(ep, 1, -1);
  const body = new Uint8Array(Number(decodeText(header)));
  yield* sys.read(reader, body);
});

const options = { liberties: ['short-read'], sharedMemory: false } as const;

checkTest('a message is read as it was sent', options, function* (sys) {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
  yield* sys.write(writer, message);

  yield* sys.epoll_wait(ep, 1, -1);
  const buf = new Uint8Array(64);
  const n = yield* sys.read(reader, buf);
  if (n === -EAGAIN) return;
  const text = decodeText(buf.subarray(0, n));
  sys.assert(text === message, 'one read gives one message');
});
