/** What a scenario says of terminals: their settings, and which requests take a number as it is. */
import { TCFLSH, TCXONC, TIOCGPTPEER } from '../kernel/uapi/ioctls.ts';
import { B38400, CREAD, CS8, NCCS, VMIN, VTIME } from '../kernel/uapi/termbits.ts';

/** As tcsetattr takes them. */
export interface TerminalArgs {
  readonly iflag: number;
  readonly oflag: number;
  readonly lflag: number;
  readonly min: number;
  readonly time: number;
}

/** struct termios. */
export interface Termios {
  readonly c_iflag: number;
  readonly c_oflag: number;
  readonly c_cflag: number;
  readonly c_lflag: number;
  readonly c_line: number;
  readonly c_cc: Uint8Array;
}

/** The special characters of a new terminal: ^C ^\ ^? ^U ^D … */
const characters = [3, 0x1c, 0x7f, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0xf, 0x17, 0x16];

export function termiosOf({ iflag, oflag, lflag, min, time }: TerminalArgs): Termios {
  const c_cc = new Uint8Array(NCCS);
  c_cc.set(characters);
  c_cc[VMIN] = min;
  c_cc[VTIME] = time;
  const c_cflag = B38400 | CS8 | CREAD;
  return { c_iflag: iflag, c_oflag: oflag, c_cflag, c_lflag: lflag, c_line: 0, c_cc };
}

/** Is the request's argument the number itself, not the address of one? */
export const takesNumber = (request: number): boolean =>
  [TIOCGPTPEER, TCFLSH, TCXONC].includes(request);
