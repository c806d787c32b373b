/** What steps may touch without a word in their footprints, each with the reason. */
import type { Exemption } from './footprint_judge.ts';

const field = (of: object, name: string): unknown => (of as Record<string, unknown>)[name];

export const exemptions: readonly Exemption[] = [
  {
    what: /^task_struct\.(preempt_count|irqs_disabled|held_locks\[\]|lockdep_depth|irq_context|rcu_read_lock_nesting)$|^held_lock\.\w+$/,
    why: 'of the context itself: an interrupt puts back what it changes of the task beneath it',
  },
  {
    what: /^(spinlock_t|mutex)\.owner$|^rwlock_t\.(writer|readers)$/,
    why: 'the lock itself, which the operation that takes it tells of',
  },
  {
    what: /^(spinlock_t|mutex)\.freed$/,
    when: ({ object, write }, op) => !write && op?.target !== object,
    why: 'a look where the lock is asked for; it is looked at once more where it is taken',
  },
  {
    what: /^(refcount_t|file)\.refs$/,
    looks: true,
    when: ({ object, write, value }) => field(object, 'refs') !== 0 && !(write && value === 0),
    why: 'references come and go in any order; the last one tells of itself',
  },
  {
    what: /^(refcount_t|file)\.borrowed$/,
    looks: true,
    why: 'whether the owners are gone does not depend on who has borrowed; the last owner tells of itself',
  },
  {
    what: /^rcu_state\.readers$/,
    why: 'the checker tells of readers; whoever waits for their end tells of that',
  },
  {
    what: /^user_struct\.epoll_watches$/,
    why: 'items come and go in any order; they tell of themselves where the limit is near',
  },
  {
    what: /^signal_struct\.(threads\[\]|quick_threads)$/,
    fn: /^(linkTask|__unhash_process|__exit_signal|thread_group_empty|synchronize_group_exit)$/,
    why: 'threads come and go in any order; the last one tells of itself by `live`',
  },
  {
    what: /^Globals\.tasks\[\]$/,
    fn: /^join$/,
    why: 'a thread that has gone is joined as one that is about to go',
  },
  {
    what: /^eventpoll\.ovflist$/,
    fn: /^queueItem$/,
    when: ({ write }) => write,
    why: 'who looks without the lock asks whether a scan is open, and it stays open',
  },
  {
    what: /^task_struct\.__state$/,
    fn: /^schedule$/,
    why: 'the look is whether the task is dead, which only the task itself makes it',
  },
  {
    what: /^poll_wqueues\.triggered$/,
    fn: /^pollwake$/,
    when: ({ object }) => field(object, 'triggered') === true,
    why: 'one waker more says again what is so',
  },
  {
    what: /^tcp_sock\.sk_state$/,
    fn: /^tcp_v4_rcv$/,
    why: 'the look is which kind of sock it is, which never changes',
  },
  {
    what: /^unix_sock\.sk_state$/,
    fn: /^unix_write_space$/,
    why: 'the look is whether it listens; who listens has sent nothing that could be freed',
  },
  {
    what: /^pipe_inode_info\.poll_usage$/,
    fn: /^pipe_poll$/,
    when: ({ write }) => !write,
    why: 'whoever finds it unset sets it, which is told',
  },
  {
    what: /^(softnet_data|napi_struct|Softirqs|NetGlobals\.softnet|TimerBases\.expired)\b/,
    why: 'of one CPU: in an exact schedule each context has one to itself, or gets one that is idle',
  },
  {
    what: /^(rq\.|task_struct\.(cpu|on_cpu|on_rq|runnableSince)$|Globals\.(wakeups|live|alone)$)/,
    why: 'where and when a task runs, which an exact schedule does not ask',
  },
  {
    what: /^tcp_sock\.sk_incoming_cpu$/,
    why: 'a hint, which depends on who uses which CPU',
  },
  {
    what: /^(Lockdep\.(after(\[\]){1,2}|ascending)|kmem_cache\.active|Footprint\.\w+(\[\])?|MadeCalls\.\w+(\[\])?|Globals\.(stepsLeft|polls|clockReads))$/,
    why: 'for reports: nothing in the model depends on it',
  },
  {
    what: /^((spinlock_t|mutex)\.ops|Op\.next|\w+\.(peek|wmem)|NetGlobals\.inet_protos\[\])$/,
    why: 'made once, and always the same, by whoever needs it first',
  },
];
