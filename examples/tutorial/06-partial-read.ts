/**
 * The partial read: eleven bytes come, and five are taken. A level-triggered instance goes on telling
 * of the six that are left; an edge-triggered one is silent until something else comes, and who waits
 * for it meanwhile waits for ever.
 */
import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, O_NONBLOCK, type Sys } from 'epollsim';
import { told, took } from './common/print.ts';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
  const level = yield* sys.epoll_create1(0);
  const edge = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(level, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: reader });
  yield* sys.epoll_ctl(edge, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET, data: reader });

  const ask = function* (): Code<void> {
    console.log('level:');
    told(yield* sys.epoll_wait(level, 8, 0));
    console.log('edge:');
    told(yield* sys.epoll_wait(edge, 8, 20));
  };

  yield* sys.write(writer, 'hello world');
  yield* ask();
  const buf = new Uint8Array(5);
  took(reader, yield* sys.read(reader, buf), buf);
  yield* ask(); // Six bytes are stranded.

  yield* sys.write(writer, '!');
  yield* ask();
  const rest = new Uint8Array(16);
  took(reader, yield* sys.read(reader, rest), rest);
  yield* ask();
}
