/** The player itself, where there is a kernel that it can ask. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { type Answer, Linux } from '../../conformance/linux/linux.ts';
import { whyNotLive } from '../../conformance/live.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

const isLive = whyNotLive() === null;
const linux = new Linux();
afterAll(() => linux.close());

const scenario = (...steps: readonly object[]): Scenario => parseScenario({ name: 'x', steps });
const eventfd = { call: 'eventfd2', args: { initval: 0 }, bind: ['e'] };
const isThree: Answer = {
  kind: 'transcript',
  text: '{"name":"x","results":[{"step":0,"ret":3}],"blocked":[]}',
};

/** A scenario that saw what the one before it left open would be another one in every batch. */
test.runIf(isLive)('Each scenario begins with descriptors 0 to 2 and no others', () => {
  expect(linux.play(scenario(eventfd))).toEqual(isThree);
  expect(linux.play(scenario(eventfd))).toEqual(isThree);
});

/** The parents of processes, from /proc. */
const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${pid}`
        );
      } catch {
        return false; // It has ended meanwhile.
      }
    })
    .map(Number);

/** The kernel may run out of memory, or somebody out of patience, in the middle of a long run. */
test.runIf(isLive)('A player that is killed is replaced, and the scenario played', () => {
  linux.play(scenario(eventfd));
  const isPlayer = (pid: number): boolean =>
    readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('player-');
  for (const pid of childrenOf(process.pid).filter(isPlayer)) process.kill(pid, 'SIGKILL');

  expect(linux.play(scenario(eventfd))).toEqual(isThree);
});

/** A scenario that closed the driver's channel would hang, and nobody would know why. */
test.runIf(isLive)("A scenario that uses the player's own descriptors is skipped", () => {
  const answer = linux.play(scenario({ call: 'close', args: { fd: 7936 } }));
  expect(answer).toEqual({ kind: 'skipped', reason: "descriptor 7936 is one of the player's own" });
});

/** More would not fit, and the player would fail in words that nobody understands. */
test.runIf(isLive)('A scenario of more threads than the player has is skipped', () => {
  const threads = Array.from({ length: 17 }, (_, i) => `t${i}`);
  const answer = linux.play(parseScenario({ name: 'x', threads, steps: [] }));
  expect(answer).toEqual({ kind: 'skipped', reason: '17 threads; the player has at most 16' });
});

/** One count and two takers: a sampler that lets the threads run one by one sees one outcome. */
test.runIf(isLive)('A concurrent scenario shows several of its outcomes', () => {
  const read = { call: 'read', args: { fd: '$e', len: 8 } };
  const race = parseScenario({
    name: 'race',
    mode: 'concurrent',
    threads: ['main', 't1'],
    steps: [{ call: 'eventfd2', args: { initval: 1, flags: 'EFD_NONBLOCK' }, bind: ['e'] }],
    concurrent: { main: [read], t1: [read] },
  });
  const answer = linux.sample(race, 200, Math.random);
  const [won, lost] = ['[{"ret":8,"value":"1"}]', '[{"ret":-1,"errno":"EAGAIN"}]'];

  expect(answer).toEqual({
    kind: 'transcript',
    text:
      `{"name":"race","outcomes":[{"main":${lost},"t1":${won},"after":[]},` +
      `{"main":${won},"t1":${lost},"after":[]}],"executions":200,"complete":false}`,
  });
});
