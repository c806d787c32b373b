/**
 * A step of a scenario with nobody listening, in a process of its own: ns a step, the median.
 * Usage: steps.ts STEPS REPEATS
 */
import { Player, parseScenario } from 'epollsim';
import { median } from '../statistics.ts';

const [count = '', repeats = ''] = process.argv.slice(2);
const round = [
  { call: 'write', args: { fd: '$w', data: 'x' } },
  { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: 0 } },
  { call: 'read', args: { fd: '$r', len: 1 } },
];
const setUp = [
  { call: 'socketpair', args: { domain: 'AF_UNIX', type: 'SOCK_STREAM' }, bind: ['r', 'w'] },
  { call: 'epoll_create1', args: { flags: 0 }, bind: ['ep'] },
  {
    call: 'epoll_ctl',
    args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN|EPOLLET' },
  },
];
const rounds = Array.from({ length: Math.ceil(Number(count) / round.length) }, () => round);
const steps = [...setUp, ...rounds.flat()];
const scenario = parseScenario({ name: 'steps', steps });

const times: number[] = [];
for (let i = 0; i < Number(repeats); i++) {
  const player = new Player(scenario);
  const start = process.hrtime.bigint();
  const { results } = player.play();
  times.push(Number(process.hrtime.bigint() - start) / steps.length);
  if (results.length !== steps.length)
    throw new Error(`expected all steps, found ${results.length}`);
}
process.stdout.write(`${median(times.slice(times.length >> 1))}\n`);
