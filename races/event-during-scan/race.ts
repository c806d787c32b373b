import type { Race } from '../race.ts';

export const race: Race = {
  title: 'An event during a scan wakes nobody',
  summary:
    'A callback that comes while another thread harvests leaves the event on the overflow list and wakes no waiter.',
  releases: '5.5 to 5.6',
  finding: 'lost-wakeup',
  found: { kernel: '5.6' },
  alone: { kernel: '5.7', without: ['0c54a6a44bf3'] },
  absent: { kernel: '5.7' },
  fix: '0c54a6a44bf3 epoll: fix missing wakeup for ovflist in ep_poll_callback',
  options: { sharedMemory: false },
};

/** Two threads take one event each; two files become ready. */
export { default } from '../one-entry-two-wakeups/race.ts';
