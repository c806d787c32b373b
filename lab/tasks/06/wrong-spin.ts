import { type Code, EAGAIN, type Sys } from 'epollsim';

/** Reads until the end, and does not wait. */
export default function* readAll(sys: Sys, _ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(4);
  let total = 0;
  for (;;) {
    const n = yield* sys.read(fd, buf);
    if (n === 0) return total;
    if (n !== -EAGAIN) total += n;
  }
}
