import { type Code, EPOLLET, EPOLLIN, type Sys } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'A second write to a pipe makes no edge',
  summary:
    'A write woke readers only if the pipe was empty: edge-triggered readers that leave something unread were told no more.',
  releases: '5.5 to 5.13',
  finding: 'stranded-data',
  found: { kernel: '5.13' },
  absent: { kernel: '5.14' },
  fix: '3a34b13a88ca pipe: make pipe writes always wake up readers',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(0);
  const ep = yield* watch(sys, reader, EPOLLIN | EPOLLET);
  for (let i = 0; i < 2; i++) {
    yield* sys.write(writer, 'x');
    yield* sys.epoll_wait(ep, 1, -1);
  }
}
