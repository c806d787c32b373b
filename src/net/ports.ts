/** Ours: a look at a socket's address without a system call. */
import type { task_struct } from '../kernel/sched.ts';
import { inet_sock } from './ipv4/inet_sock.ts';
import { type socket, socket_file_ops } from './socket.ts';

/** The local port that getsockname() shows of a descriptor, or 0; it outlives the binding. */
export function portOf(task: task_struct, fd: number): number {
  const f = task.files.fd[fd] ?? null;
  if (f === null || f.f_op !== socket_file_ops) return 0;
  const { sk } = f.private_data as socket;
  return sk instanceof inet_sock ? sk.inet_sport : 0;
}
