import type { Code, Program, Sys } from 'epollsim';
import { type Race, together } from '../race.ts';

export const race: Race = {
  title: 'The last writer goes, and one of two readers hears of it',
  summary:
    'Readers of a pipe wait one at a time, and so one was woken where the end of file concerns all.',
  releases: '5.6-rc1 to 5.6-rc2',
  finding: 'lost-wakeup',
  found: { kernel: '5.6-rc2' },
  absent: { kernel: '5.6' },
  fix: '6551d5c56eb0 pipe: make sure to wake up everybody when the last reader/writer closes',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(0);
  const read: Program = function* (self) {
    yield* self.read(reader, new Uint8Array(1));
  };
  yield* together(sys, {
    first: read,
    second: read,
    *closes(self) {
      yield* self.close(writer);
    },
  });
}
