import { type Code, decodeText, EPOLLRDHUP, type Sys } from 'epollsim';

/** Takes EPOLLRDHUP for the end of what there is to read. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const buf = new Uint8Array(8);
  const whole: string[] = [];
  let text = '';
  for (;;) {
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    for (let n = 1; n > 0; ) {
      n = yield* sys.read(fd, buf);
      text += decodeText(buf.subarray(0, Math.max(0, n)));
      while (text.length > Number(text[0])) {
        const end = 1 + Number(text[0]);
        whole.push(text.slice(1, end));
        text = text.slice(end);
      }
      if (((event?.events ?? 0) & EPOLLRDHUP) !== 0) return whole;
    }
  }
}
