import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Scenarios, seedOf } from '../../conformance/fuzz/arbitrary.ts';
import type { Document } from '../../conformance/fuzz/document.ts';
import { profiles } from '../../conformance/fuzz/profiles.ts';
import { smaller } from '../../conformance/fuzz/shrink.ts';
import { type Finding, Tester } from '../../conformance/fuzz/trial.ts';
import type { LiveSide } from '../../conformance/judge.ts';
import { playModel } from '../../conformance/model.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { parsed } from '../../src/scenario/written.ts';
import { epollsim, fileWith, slow } from '../cli/run.ts';

const names = Object.keys(profiles);
const kernel = { kernel: '6.18' };

function made(profile: string, index: number): Document {
  const arbitrary = new Scenarios(profiles[profile] as never, 'x', kernel);
  const [document] = fc.sample(arbitrary, { seed: seedOf(1, profile, index), numRuns: 1 });
  return document as Document;
}

/** A difference that somebody reports by its seed has to be there for everybody else. */
test.each(names)('One seed makes one scenario of %s, and another one another', (profile) => {
  expect(made(profile, 0)).toEqual(made(profile, 0));
  expect(made(profile, 0)).not.toEqual(made(profile, 1));
});

/** A scenario that ends early in an error of its own tests nothing behind it. */
test.each(names)('A random scenario of %s plays to its end', (profile) => {
  for (let index = 0; index < 5; index++) {
    const scenario = parsed(made(profile, index));
    expect(scenario).not.toBeNull();
    expect(playModel(scenario as Scenario, kernel)).not.toContain('"error"');
  }
});

/** Cutting must not go round in circles, nor make a scenario that cannot be played. */
test('What a scenario is cut down to is sound, and never itself', () => {
  const document = made('threads', 0);
  const all = [...smaller(document)];

  expect(all.length).toBeGreaterThan(document.steps.length);
  expect(all.filter((one) => parsed(one) === null)).toEqual([]);
  expect(all.map((one) => JSON.stringify(one))).not.toContain(JSON.stringify(document));
});

/** A kernel that is as the model is, but for a bug: EPOLLOUT is never reported. */
const withoutOut: LiveSide['play'] = (scenario) => ({
  kind: 'transcript',
  text: playModel(scenario, kernel).replaceAll('EPOLLIN|EPOLLOUT', 'EPOLLIN'),
});

/** Whoever gets forty steps for a difference that takes five gives up. */
test('A scenario that differs is cut down to the steps that it takes', () => {
  const linux = { play: withoutOut, sample: withoutOut as never };
  const tester = new Tester(linux, kernel, () => {});
  const findings = Array.from({ length: 20 }, (_, index) =>
    tester.run({ profile: 'basic', seed: 1, index, known: [] }),
  );
  const found = findings.filter((one) => one.verdict === 'differs') as (Finding & {
    verdict: 'differs';
  })[];

  expect(found.length).toBeGreaterThan(0);
  for (const { scenario, kind, steps } of found) {
    expect(kind).toMatch(/^epoll_p?wait2?: events$/);
    expect(scenario.steps.length).toBeLessThanOrEqual(6);
    expect(steps).toBeGreaterThan(10);
  }
});

/** A script that takes silence for agreement, on a machine without a compiler. */
test('Without a C compiler fuzz says so, and its exit code too', slow, () => {
  const cache = fileWith('').replace(/file$/, '');
  const env = { CC: '/no/such/compiler', XDG_CACHE_HOME: cache };
  const { code, out, err } = epollsim(['fuzz', '--count', '1'], '', [], env);

  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toMatch(/^epollsim: nothing to compare with: .+\n$/);
});

/** Nobody waits an hour for a profile that is spelled wrongly. */
test('A profile that does not exist is refused', slow, () => {
  const { code, err } = epollsim(['fuzz', '--profile', 'basic,nonesuch']);

  expect(code).toBe(2);
  expect(err).toMatch(/^epollsim: --profile: expected all, basic, .*found "nonesuch"/);
});
