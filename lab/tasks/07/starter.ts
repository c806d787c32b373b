import { type Code, decodeText, type Sys } from 'epollsim';

/**
 * The messages that come through `fd`, to its end.
 * Each is a digit and as many letters: "5hello".
 * `ep` watches it: EPOLLIN | EPOLLRDHUP | EPOLLET.
 */
export default function* messages(
  sys: Sys,
  ep: number,
  fd: number,
): Code<string[]> {
  const buf = new Uint8Array(8); // 4 to 8 bytes.
  const whole: string[] = [];
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return whole;
    whole.push(decodeText(buf.subarray(1, n)));
  }
}
