import { type Code, decodeText, type Sys } from 'epollsim';

/** Goes back to sleep as soon as a message is whole. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const buf = new Uint8Array(8);
  const whole: string[] = [];
  let text = '';
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return whole;
    text += decodeText(buf.subarray(0, n));
    while (text.length > Number(text[0])) {
      const end = 1 + Number(text[0]);
      whole.push(text.slice(1, end));
      text = text.slice(end);
    }
  }
}
