import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'The next item is read from one that was freed',
  summary:
    'Closing a file that several epolls watch frees an item and then asks it for its successor.',
  releases: '3.13 to 3.15',
  finding: 'use-after-free',
  found: { kernel: '4.4', without: ['ebe06187bf2a'] },
  absent: { kernel: '4.4' },
  fix: 'ebe06187bf2a epoll: fix use-after-free in eventpoll_release_file',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const file = yield* sys.eventfd2(0, 0);
  yield* watch(sys, file, EPOLLIN);
  yield* watch(sys, file, EPOLLIN);
  yield* sys.close(file);
}
