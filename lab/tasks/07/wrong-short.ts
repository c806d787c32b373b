import { type Code, decodeText, type Sys } from 'epollsim';

/** Takes a read that gave less than it could for the last. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const buf = new Uint8Array(8);
  const whole: string[] = [];
  let text = '';
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    for (let n = buf.length; n === buf.length; ) {
      n = yield* sys.read(fd, buf);
      if (n === 0) return whole;
      text += decodeText(buf.subarray(0, Math.max(0, n)));
      while (text.length > Number(text[0])) {
        const end = 1 + Number(text[0]);
        whole.push(text.slice(1, end));
        text = text.slice(end);
      }
    }
  }
}
