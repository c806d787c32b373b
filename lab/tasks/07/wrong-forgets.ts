import { type Code, decodeText, EAGAIN, type Sys } from 'epollsim';

/** Forgets the half of a message when it goes back to sleep. */
export default function* messages(sys: Sys, ep: number, fd: number): Code<string[]> {
  const buf = new Uint8Array(8);
  const whole: string[] = [];
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    let text = '';
    for (;;) {
      const n = yield* sys.read(fd, buf);
      if (n === 0) return whole;
      if (n === -EAGAIN) break;
      text += decodeText(buf.subarray(0, n));
      while (text.length > Number(text[0])) {
        const end = 1 + Number(text[0]);
        whole.push(text.slice(1, end));
        text = text.slice(end);
      }
    }
  }
}
