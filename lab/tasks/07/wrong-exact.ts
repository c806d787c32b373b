import { type Code, decodeText, EAGAIN, type Sys } from 'epollsim';

/** Reads the length, and then asks for exactly that many bytes. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const digit = new Uint8Array(1);
  const whole: string[] = [];
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    for (;;) {
      const n = yield* sys.read(fd, digit);
      if (n === 0) return whole;
      if (n === -EAGAIN) break;
      const body = new Uint8Array(Number(decodeText(digit)));
      yield* sys.read(fd, body);
      whole.push(decodeText(body));
    }
  }
}
