/** Ours: a look at a socket's address without a system call. */
import type { task_struct } from '../kernel/sched.ts';
import { AF_INET } from '../kernel/uapi/socket.ts';
import { inet_sock } from './ipv4/inet_sock.ts';
import { type sockaddr, type socket, socket_file_ops } from './socket.ts';
import { unix_sock } from './unix/types.ts';

/** What getsockname() shows of a descriptor, null for no address; it outlives the binding. */
export function addressOf(task: task_struct, fd: number): sockaddr | null {
  const f = task.files.fd[fd] ?? null;
  if (f === null || f.f_op !== socket_file_ops) return null;
  const { sk } = f.private_data as socket;
  if (sk instanceof unix_sock) {
    return sk.addr?.sockaddr ?? null;
  }
  if (!(sk instanceof inet_sock) || sk.inet_sport === 0) return null;
  return { family: AF_INET, port: sk.inet_sport };
}
