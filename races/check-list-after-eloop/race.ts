import { type Code, EPOLLIN, type Sys } from 'epollsim';
import { add, type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'The check list is kept after an error',
  summary:
    'An ADD that ends in ELOOP leaves files on a global list, and the next nested ADD finds them after they were closed.',
  releases: '3.3 to 3.4',
  finding: 'use-after-free',
  found: { kernel: '4.4', without: ['13d518074a95'] },
  absent: { kernel: '4.4' },
  fix: '13d518074a95 epoll: clear the tfile_check_list on -ELOOP',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const file = yield* sys.eventfd2(0, 0);
  const other = yield* sys.eventfd2(0, 0);
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* watch(sys, file, EPOLLIN);
  yield* add(sys, outer, inner, EPOLLIN);
  yield* add(sys, inner, outer, EPOLLIN); // ELOOP
  yield* sys.close(file);
  const third = yield* watch(sys, other, EPOLLIN);
  yield* add(sys, outer, third, EPOLLIN);
}
