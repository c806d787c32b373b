/** The commits of fs/eventpoll.c that history.ts lists, oldest first. See there for the fields. */
export const eventpollCommits = {
  '22bacca48a17': {
    title: 'epoll: prevent creating circular epoll structures',
    release: '2.6.38',
    effect:
      'an epoll that would watch itself through others is ELOOP; without, a wakeup or a poll runs round the circle',
  },
  d80e731ecab4: {
    title: 'epoll: introduce POLLFREE to flush ->signalfd_wqh before kfree()',
    release: '3.3',
    effect:
      'a wait queue that ends tells its watchers first; without, removing the item uses the freed queue',
  },
  '971316f0503a': {
    title: 'epoll: ep_unregister_pollwait() can use the freed pwq->whead',
    release: '3.3',
    effect:
      'a wait queue that ends stays until nobody is on the way to it; without, removing the item meanwhile takes a freed lock',
  },
  '28d82dc1c4ed': {
    title: 'epoll: limit paths',
    release: '3.3',
    effect:
      'more than 500, 100, 50 or 10 paths of 2 to 5 epolls from one file are EINVAL; without, one write makes any number of wakeups',
  },
  '13d518074a95': {
    title: 'epoll: clear the tfile_check_list on -ELOOP',
    release: '3.5',
    effect:
      'an ADD that ends in ELOOP forgets the files that it met; without, the next nested ADD uses them after they were closed',
    until: '319c15174757',
  },
  '128dd1759d96': {
    title: 'epoll: prevent missed events on EPOLL_CTL_MOD',
    release: '3.8',
    effect:
      'MOD makes its mask visible before it polls; without, a callback may drop the event by the old mask',
    memory: 'TSO',
  },
  ebe06187bf2a: {
    title: 'epoll: fix use-after-free in eventpoll_release_file',
    release: '3.16',
    effect:
      'closing a file reads the next item before it frees one; without, it reads freed memory',
    until: '58c9b016e128',
  },
  df0108c5da56: {
    title: 'epoll: add EPOLLEXCLUSIVE flag',
    release: '4.5',
    effect:
      'EPOLLEXCLUSIVE items are woken one at a time; before, the bit is stored and means nothing',
  },
  c257a340ede0: {
    title: 'epoll: short circuit fetching events if thread has been killed',
    release: '4.11',
    effect: 'a killed thread takes no more events',
  },
  '138e4ad67afd': {
    title: 'epoll: fix race between ep_poll_callback(POLLFREE) and ep_free()/ep_remove()',
    release: '4.13',
    effect:
      'POLLFREE lets go of the queue last; before, whoever removed the item meanwhile freed it under the callback',
  },
  'fdinfo-target': {
    title: 'procfs: fdinfo: position, inode and device of what an epoll watches',
    release: '4.13',
    effect: 'the lines of fdinfo end in pos, ino and sdev',
  },
  '37b5e5212a44': {
    title: 'epoll: remove ep_call_nested() from ep_eventpoll_poll()',
    release: '4.15',
    effect: 'polling an epoll takes no global lock; before, each level was entered on a list',
  },
  '57a173bdf5ba': {
    title: 'epoll: avoid calling ep_call_nested() from ep_poll_safewake()',
    release: '4.15',
    effect: 'waking those who watch an epoll takes no global lock',
  },
  ee8ef0a4b167: {
    title: 'epoll: use the waitqueue lock to protect ep->wq',
    release: '4.19',
    effect: 'ep->wq.lock guards the lists as well; before, a spinlock of the epoll guarded both',
    until: 'a218cc491420',
  },
  abc610e01c66: {
    title: 'fs/epoll: avoid barrier after an epoll_wait(2) timeout',
    release: '5.0',
    effect: 'a wait whose time is over does not look again',
    until: '289caf5d8f6c',
  },
  c5a282e9635e: {
    title: 'fs/epoll: reduce the scope of wq lock in epoll_wait()',
    release: '5.0',
    effect: 'epoll_wait looks for events without the lock, also the last time before it sleeps',
    until: '65759097d804',
  },
  '86c051793b4c': {
    title: 'fs/epoll: deal with wait_queue only once',
    release: '5.0',
    effect: 'a waiter stays queued for the whole call, so two wakeups can hit the same one',
    until: '412895f03cbf',
  },
  a218cc491420: {
    title: 'epoll: use rwlock in order to reduce ep_poll_callback() contention',
    release: '5.1',
    effect: 'callbacks of one instance run on several CPUs at once and append without a lock',
    until: '0c43094f8cc9',
  },
  c141175d011f: {
    title: 'epoll: make sure all elements in ready list are in FIFO order',
    release: '5.1',
    effect: 'events that arrive during a scan are reported in the order of arrival',
  },
  '339ddb53d373': {
    title: 'fs/epoll: remove unnecessary wakeups of nested epoll',
    release: '5.5',
    effect: 'the end of a scan wakes nobody, so an outer ET instance sees no second event',
  },
  '1b53734bd0b2': {
    title: 'epoll: fix possible lost wakeup on epoll_ctl() path',
    release: '5.6',
    effect: 'waiters queue under the lock that ADD and MOD hold when they look for waiters',
    until: '65759097d804',
    memory: 'TSO',
  },
  '0c54a6a44bf3': {
    title: 'epoll: fix missing wakeup for ovflist in ep_poll_callback',
    release: '5.7-rc5',
    effect: 'an event that arrives during a scan wakes a waiter at once',
  },
  '412895f03cbf': {
    title: 'epoll: atomically remove wait entry on wake up',
    release: '5.7-rc5',
    effect: 'a wakeup takes the waiter off the queue, so the next one hits another waiter',
  },
  '65759097d804': {
    title: 'epoll: call final ep_events_available() check under the lock',
    release: '5.7',
    effect: 'the last look before the sleep cannot fall between the two ends of a scan',
  },
  a9ed4a6560b8: {
    title: 'epoll: Keep a reference on files added to the check list',
    release: '5.9-rc2',
    effect: 'a file whose paths are counted stays; before, DEL and close freed it meanwhile',
    until: '319c15174757',
  },
  '77f4689de17c': {
    title: 'fix regression in "epoll: Keep a reference on files added to the check list"',
    release: '5.9-rc4',
    effect: 'a file that is being closed is not listed; before, it was closed twice',
    until: '319c15174757',
  },
  '18306c404abe': {
    title: 'epoll: replace ->visited/visited_list with generation count',
    release: '5.9',
    effect: 'an epoll tells which check has visited it',
  },
  fe0a916c1eae: {
    title: 'epoll: EPOLL_CTL_ADD: close the race in decision to take fast path',
    release: '5.9',
    effect:
      'ADD to an epoll that a check has visited is checked too; before, it could add paths that nobody counted',
  },
  f8d4f44df056: {
    title: 'epoll: do not insert into poll queues until all sanity checks are done',
    release: '5.9',
    effect:
      'an item hangs on no wait queue before its paths are counted; before, wakeups climbed paths that were refused afterwards',
  },
  '289caf5d8f6c': {
    title: 'epoll: check for events when removing a timed out thread from the wait queue',
    release: '5.10',
    effect:
      'a waiter that was chosen by a wakeup harvests although its time is over; before, the wakeup was lost',
  },
  '00b27634bc47': {
    title: 'epoll: replace gotos with a proper loop',
    release: '5.11',
    effect: 'ep_poll is one loop; before, a signal was looked at under the lock',
  },
  e59d3c64cba6: {
    title: 'epoll: eliminate unnecessary lock for zero timeout',
    release: '5.11',
    effect: 'a wait with timeout 0 looks without the lock, and may see neither end of a scan',
    until: '0c4aefe3c2d0',
  },
  '319c15174757': {
    title: 'epoll: take epitem list out of struct file',
    release: '5.11',
    effect:
      'with the 26 commits before it: ep_start_scan and ep_done_scan in place of ep_scan_ready_list, and heads of items in place of files on the check list',
  },
  '58169a52ebc9': {
    title: 'epoll: add syscall epoll_pwait2',
    release: '5.11',
    effect: 'epoll_pwait2 exists; before, ENOSYS',
  },
  '7fab29e35630': {
    title: 'fs/epoll: restore waking from ep_done_scan()',
    release: '5.13',
    effect: 'the end of a scan wakes one more waiter if something is left',
  },
  '1e1c15839df0': {
    title: "fs/epoll: use a per-cpu counter for user's watches count",
    release: '5.16',
    effect:
      'an ADD is counted before it allocates; before, ADDs at the same time went beyond the limit',
  },
  a16ceb139610: {
    title: 'epoll: autoremove wakers even more aggressively',
    release: '6.0',
    effect: 'a wakeup takes the entry off ep->wq even if the task was awake',
  },
  '58c9b016e128': {
    title: 'epoll: use refcount to reduce ep_mutex contention',
    release: '6.4',
    effect: 'items count as references of their epoll; before, a global mutex kept closes apart',
  },
  '2192bba03d80': {
    title: 'epoll: ep_autoremove_wake_function should use list_del_init_careful',
    release: '6.4',
    effect: 'a waiter that finds itself off the queue knows that the waker is done with its entry',
    memory: 'weak',
  },
  '18e2bf0edf4d': {
    title: 'eventpoll: Add epoll ioctl for epoll_params',
    release: '6.9',
    effect: 'an unknown ioctl on an epoll is EINVAL; before, ENOTTY',
  },
  '4efaa5acf0a1': {
    title: 'epoll: be better about file lifetimes',
    release: '6.9',
    effect:
      'a file whose last reference is gone is not polled; before, it was, and its events reported',
  },
  '900bbaae67e9': {
    title: 'epoll: Add synchronous wakeup support for ep_poll_callback',
    release: '6.13',
    effect: 'a wakeup that hints that its caller is about to sleep is passed on as one',
  },
  ae3a4f1fdc2c: {
    title: 'eventpoll: add epoll_sendevents() helper',
    release: '6.15',
    effect: 'epoll_wait refuses a bad descriptor before a bad maxevents',
  },
  '0a65bc27bd64': {
    title: "eventpoll: Set epoll timeout if it's in the future",
    release: '6.15-rc1',
    effect: 'a wait whose time is over sets no timer',
  },
  d9ec73301099: {
    title: 'eventpoll: fix endless busy loop after timeout has expired',
    release: '6.15-rc5',
    effect: 'a wait that sets no timer ends; without, it loops until an event comes',
  },
  '8c2e52ebbe88': {
    title: "eventpoll: don't decrement ep refcount while still holding the ep mutex",
    release: '6.16-rc6',
    effect:
      'a reference is dropped after ep->mtx was given back; before, mutex_unlock used memory that somebody else had freed',
  },
  f2e467a48287: {
    title: 'eventpoll: Fix semi-unbounded recursion',
    release: '6.17',
    effect: 'a sixth epoll in a row is ELOOP; before, EINVAL, and only above a watched file',
  },
  '0c43094f8cc9': {
    title: 'eventpoll: Replace rwlock with spinlock',
    release: '6.18',
    effect: 'callbacks of one instance exclude one another again',
  },
  fdcfce93073d: {
    title: 'eventpoll: Fix integer overflow in ep_loop_check_proc()',
    release: '7.0',
    effect: 'the depth of a circle does not wrap to 0, which had no consequences',
  },
  '07712db80857': {
    title: 'eventpoll: defer struct eventpoll free to RCU grace period',
    release: '7.0-rc7',
    effect: 'a walk up the paths finds no freed epoll',
  },
  a6dc643c6931: {
    title: 'eventpoll: fix ep_remove struct eventpoll / struct file UAF',
    release: '7.1',
    effect:
      'an item is removed with a reference of its file; before, closing an epoll and one that it watches freed the inner one too early',
  },
  '0c4aefe3c2d0': {
    title: 'eventpoll: Fix epoll_wait() report false negative',
    release: '7.2',
    effect: 'a look without the lock notices that a scan began or ended meanwhile',
  },
  '8b7e8245e229': {
    title: 'eventpoll: pin files while checking reverse paths',
    release: '7.2',
    effect: 'a listed file stays until its paths are counted; before, its lock could be freed',
  },
} as const;
