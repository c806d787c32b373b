import { type Code, decodeText, EAGAIN, type Sys } from 'epollsim';

/** Takes what a read gives for a message. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const buf = new Uint8Array(8);
  const whole: string[] = [];
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    for (;;) {
      const n = yield* sys.read(fd, buf);
      if (n === 0) return whole;
      if (n === -EAGAIN) break;
      whole.push(decodeText(buf.subarray(0, n)).replace(/\d/g, ''));
    }
  }
}
