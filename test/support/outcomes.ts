/** Outcomes of small concurrent scenarios. */
import { type OutcomeOptions, OutcomeSearch, type Outcomes } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';

interface Step {
  readonly thread?: string;
  readonly call: string;
  readonly args: object;
  readonly bind?: readonly string[];
}

export interface Concurrent {
  readonly threads?: readonly string[];
  readonly steps?: readonly Step[];
  readonly concurrent: Readonly<Record<string, readonly Step[]>>;
  readonly after?: readonly Step[];
}

export const step = (call: string, args: object, ...bind: string[]): Step =>
  bind.length === 0 ? { call, args } : { call, args, bind };

/** A scenario whose threads are those that have something to do. */
export const concurrently = ({ threads, ...rest }: Concurrent): object => ({
  name: 'test',
  mode: 'concurrent',
  threads: threads ?? Object.keys(rest.concurrent),
  steps: [],
  ...rest,
});

/** All that a search comes to; throws what is wrong with the scenario. */
export function outcomesOf(scenario: Concurrent, options: OutcomeOptions = {}): Outcomes {
  const search = new OutcomeSearch(parseScenario(concurrently(scenario)), options);
  while (search.next());
  if (search.error !== null) throw search.error;
  return search.outcomes();
}

export const textsOf = ({ found }: Outcomes): string[] => found.map(({ text }) => text);

/** A socket pair a-b that an epoll instance watches at `a`. */
export const watchedPair = (events: string, type = 'SOCK_STREAM'): Step[] => [
  step('socketpair', { domain: 'AF_UNIX', type: `${type}|SOCK_NONBLOCK` }, 'a', 'b'),
  step('epoll_create1', { flags: 0 }, 'ep'),
  step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$a', events, data: 1 }),
];

export const wait = (timeout: number, maxevents = 8): Step =>
  step('epoll_wait', { epfd: '$ep', maxevents, timeout });

export const write = (fd: string, data: string): Step => step('write', { fd: `$${fd}`, data });
export const read = (fd: string, len = 8): Step => step('read', { fd: `$${fd}`, len });
