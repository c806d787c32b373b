import type { Code, Sys } from 'epollsim';

/**
 * Reads what comes, from whichever socket, until `quit`
 * (an eventfd) can be read. Returns how many bytes came.
 */
export default function* listen(
  sys: Sys,
  socks: number[],
  quit: number,
): Code<number> {
  const buf = new Uint8Array(64);
  let total = 0;
  for (const sock of socks)
    total += yield* sys.read(sock, buf);
  yield* sys.read(quit, new Uint8Array(8));
  return total;
}
