/** The calls about processes, as perform.ts makes all the others. */
import type { Kernel } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import { CLD_EXITED } from '../kernel/uapi/signal.ts';
import { P_PID, P_PIDFD } from '../kernel/uapi/wait.ts';
import { syscall } from '../syscalls/call.ts';
import { sys_execve, sys_fork } from '../syscalls/process.ts';
import { descriptor, number, type Outcome, outcome, type Surroundings } from './outcome.ts';
import { type ProcessStep, waitedFor } from './processes.ts';
import type { StepOf } from './scenario.ts';

export function performOnProcess(step: ProcessStep, at: Surroundings): Kernel<Outcome> {
  const { sys } = at;
  switch (step.call) {
    case 'fork':
      return fork(step, at);
    case 'execve':
      return number(syscall('execve', [player], () => sys_execve(player)));
    case 'exit':
      return number(sys.exit_group(step.args.status));
    case 'wait4':
      return wait4(step, at);
    case 'waitid':
      return waitid(step, at);
    case 'setpgid': {
      const { process, group } = step.args;
      return number(sys.setpgid(at.pid(process), at.pid(group)));
    }
    case 'pidfd_open':
      return descriptor(sys.pidfd_open(at.pid(step.args.process), step.args.flags));
  }
}

/** What an execve() runs: the same program once more. */
const player = '/player';

function* fork(step: StepOf<'fork'>, at: Surroundings): Kernel<Outcome> {
  const { child } = step.args;
  const name = at.threadName(child);
  const begin = (task: task_struct): void => {
    task.comm = name;
    at.begin(child, task);
  };
  const ret = yield* syscall('fork', [], () => sys_fork(begin));
  return outcome(ret, { ret: 0, process: name });
}

function* wait4({ args }: StepOf<'wait4'>, at: Surroundings): Kernel<Outcome> {
  const pid = args.process === null ? -1 : at.pid(args.process);
  const { ret, status } = yield* at.sys.wait4(pid, args.options);
  return ret <= 0 ? outcome(ret) : outcome(ret, waitedFor(at.processName(ret), status));
}

function* waitid({ args }: StepOf<'waitid'>, at: Surroundings): Kernel<Outcome> {
  const { process, fd, options } = args;
  const [type, id] = fd === undefined ? [P_PID, at.pid(process as number)] : [P_PIDFD, at.fd(fd)];
  const { ret, si_pid, si_code, si_status } = yield* at.sys.waitid(type, id, options);
  if (ret < 0 || si_pid === 0) return outcome(ret);
  const status = si_code === CLD_EXITED ? si_status << 8 : si_status;
  return outcome(ret, waitedFor(at.processName(si_pid), status));
}
