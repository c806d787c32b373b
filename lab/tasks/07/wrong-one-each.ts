import { type Code, decodeText, EAGAIN, type Sys } from 'epollsim';

/** Looks for one message after each read. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const buf = new Uint8Array(8);
  const whole: string[] = [];
  let text = '';
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    for (;;) {
      const n = yield* sys.read(fd, buf);
      if (n === 0) return whole;
      if (n === -EAGAIN) break;
      text += decodeText(buf.subarray(0, n));
      if (text.length > Number(text[0])) {
        const end = 1 + Number(text[0]);
        whole.push(text.slice(1, end));
        text = text.slice(end);
      }
    }
  }
}
