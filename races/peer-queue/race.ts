import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_DEL,
  EPOLLOUT,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  type Sys,
} from 'epollsim';
import { type Race, watch } from '../race.ts';

export const race: Race = {
  title: 'Queued at a peer that goes away',
  summary:
    'Who waits for room in the queue of another datagram socket was put on a wait queue of that socket, which did not wait for him.',
  releases: 'before 4.4',
  finding: 'use-after-free',
  found: { kernel: '4.4', without: ['7d267278a9ec'] },
  absent: { kernel: '4.4' },
  fix: '7d267278a9ec unix: avoid use-after-free in ep_remove_wait_queue',
  options: { sharedMemory: false },
};

export default function* main(sys: Sys): Code<void> {
  const name = { family: AF_UNIX, path: '/log' };
  const log = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
  yield* sys.bind(log, name);
  const sender = yield* sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
  yield* sys.connect(sender, name);
  const ep = yield* watch(sys, sender, EPOLLOUT);
  yield* sys.close(log);
  yield* sys.write(sender, 'x'); // ECONNREFUSED: nobody keeps the receiver any more.
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, sender);
}
