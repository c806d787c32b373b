/** The profiles by name: what random programs are about. */
import type { ProfileName } from '../../src/cli/commands/fuzz.ts';
import type { Profile } from './actions.ts';
import { basic } from './profiles/basic.ts';
import { big } from './profiles/big.ts';
import { classic } from './profiles/classic.ts';
import { concurrent } from './profiles/concurrent.ts';
import { dgram } from './profiles/dgram.ts';
import { errors } from './profiles/errors.ts';
import { files } from './profiles/files.ts';
import { held } from './profiles/held.ts';
import { mixed } from './profiles/mixed.ts';
import { nested } from './profiles/nested.ts';
import { process } from './profiles/process.ts';
import { tcp } from './profiles/tcp.ts';
import { threads } from './profiles/threads.ts';
import { time } from './profiles/time.ts';
import { tty } from './profiles/tty.ts';
import { udp } from './profiles/udp.ts';
import { unix } from './profiles/unix.ts';

const made: Readonly<Record<ProfileName, Profile>> = {
  basic,
  big,
  classic,
  concurrent,
  dgram,
  errors,
  files,
  held,
  mixed,
  nested,
  process,
  tcp,
  threads,
  time,
  tty,
  udp,
  unix,
};

export const profiles: Readonly<Record<string, Profile>> = made;
