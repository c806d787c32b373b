/** What no solution is to do that is called as a function: what it does to the whole process, its caller's too. */
import type { Words } from './task.ts';

const ends = (call: string): Words => ({
  en: `Your program calls ${call}(), which ends more than itself. It is a function that others call: it returns.`,
  zh: `你的程序调用了 ${call}()，它结束的不只是自己。这是供别人调用的函数，应当返回。`,
});

const parts = (call: string): Words => ({
  en: `Your program calls ${call}(), which makes another process. This task is for the thread that calls your function.`,
  zh: `你的程序调用了 ${call}()，它会创建另一个进程。本题要由调用你的函数的那个线程完成。`,
});

const changes = (call: string): Words => ({
  en: `Your program calls ${call}(), which changes something for the whole process or for the socket of somebody else. Who calls your function relies on it. Leave it as it is.`,
  zh: `你的程序调用了 ${call}()，它改变的是整个进程，或者别人的套接字。调用你的函数的人还依赖它，请保持原样。`,
});

const kinds: readonly (readonly [calls: readonly string[], words: (call: string) => Words])[] = [
  [['exit', 'exit_group', 'execve', 'kill', 'tgkill', 'sigqueue', 'pidfd_send_signal'], ends],
  [['fork', 'vfork', 'clone'], parts],
  [['sigaction', 'sigprocmask', 'clock_settime', 'setsockopt'], changes],
];

/** Why a call is not to be made; null where it may be. */
export function forbidden(call: string): Words | null {
  const kind = kinds.find(([calls]) => calls.includes(call));
  return kind === undefined ? null : kind[1](call);
}

export const looksInside: Words = {
  en: 'Your program reads sys.task, which is the inside of the model. A program on Linux sees what its calls return, and nothing else.',
  zh: '你的程序读取了 sys.task，那是模型的内部。Linux 上的程序只能看到系统调用的返回值，别的什么也看不到。',
};
