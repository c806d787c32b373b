/** The commits around eventpoll (pipes, wait queues, files, sockets) that history.ts lists, oldest first. */
export const neighbourCommits = {
  a57de0b4336e: {
    title: 'net: adding memory barrier to the poll and receive callbacks',
    release: '2.6.31',
    effect:
      'a sender looks for waiters after others can see what it sent, and who polls a socket looks after it is on the queue',
    memory: 'TSO',
  },
  '3c7151275c0c': {
    title: 'tcp: add memory barriers to write space paths',
    release: '4.2',
    effect: 'whoever finds no room and whoever makes some see one another',
    memory: 'TSO',
  },
  '7d267278a9ec': {
    title: 'unix: avoid use-after-free in ep_remove_wait_queue',
    release: '4.4',
    effect:
      'who waits for room at the peer of a datagram socket queues at home; before, on a queue that the peer took along',
  },
  '2554db916586': {
    title: 'sched/wait: Break up long wake list walk',
    release: '4.14',
    effect: 'a wakeup gives the lock of the queue back after each 64 waiters',
    until: '37acade0ce89',
  },
  '1b6b26ae7053': {
    title: 'pipe: fix and clarify pipe write wakeup logic',
    release: '5.5',
    effect: 'a write wakes readers only if the pipe was empty',
  },
  f467a6a66419: {
    title: 'pipe: fix and clarify pipe read wakeup logic',
    release: '5.5',
    effect: 'a read wakes writers only if the pipe was full',
  },
  '0ddad21d3e99': {
    title: 'pipe: use exclusive waits when reading or writing',
    release: '5.6-rc1',
    effect: 'readers and writers wait apart, and one wakeup wakes one of them; before, all',
  },
  '6551d5c56eb0': {
    title: 'pipe: make sure to wake up everybody when the last reader/writer closes',
    release: '5.6-rc3',
    effect: 'the end of one side wakes all who block on the other',
  },
  '3a34b13a88ca': {
    title: 'pipe: make pipe writes always wake up readers',
    release: '5.14-rc4',
    effect: 'every write wakes readers',
    until: '3b844826b6c6',
  },
  '3b844826b6c6': {
    title: 'pipe: avoid unnecessary EPOLLET wakeups under normal loads',
    release: '5.14-rc7',
    effect: 'every write wakes the readers of a pipe that was ever polled',
  },
  '42288cb44c4b': {
    title: 'wait: add wake_up_pollfree()',
    release: '5.16',
    effect: 'the end of a queue is told to all who wait there, exclusive or not',
  },
  '37acade0ce89': {
    title: 'sched: remove wait bookmarks',
    release: '6.7',
    effect: 'a wakeup walks its queue under one hold of the lock',
  },
  '0ede61d8589c': {
    title: 'file: convert to SLAB_TYPESAFE_BY_RCU',
    release: '6.7',
    effect: 'a closed file is free at once; before, after a grace period',
  },
  cacd9ae4bf80: {
    title: 'poll_wait: add mb() to fix theoretical race between waitqueue_active() and .poll()',
    release: '6.14',
    effect: 'a poll method looks at its state after others can see the asker on the queue',
    memory: 'TSO',
  },
  b2849867b3a7: {
    title: 'sock_poll_wait: kill the no longer necessary barrier after poll_wait()',
    release: '6.14',
    effect: 'sockets rely on the barrier of poll_wait; before, they had their own',
    memory: 'TSO',
  },
  aaec5a95d596: {
    title: "pipe_read: don't wake up the writer if the pipe is still full",
    release: '6.14',
    effect: 'a read that frees no slot wakes no writer',
  },
  pseudo_edgetrigger: {
    title: 'pipe: wake for every write only where an EPOLLET poller asked for it',
    release: '7.3',
    effect: 'every write wakes readers only if the read end was polled with EPOLLET',
  },
} as const;
