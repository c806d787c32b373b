/** Two sides in turn; the kernel's is a script here that says what it is told to. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Compared, compare } from '../../bench/compare.ts';
import type { How, Row } from '../../bench/row.ts';

const folder = mkdtempSync(join(tmpdir(), 'epollsim-compare-'));

/** The processes of the model run from the sources. */
beforeAll(() => {
  vi.stubEnv('NODE_OPTIONS', '--conditions=epollsim:src');
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const row: Compared = { kind: 'nested', name: 'depth 1', size: 1, which: 0, per: 'round' };

async function compareWith(linux: How['linux']): Promise<Row[]> {
  const { signal } = new AbortController();
  const rows: Row[] = [];
  const how = { quick: true, linux, signal };
  for await (const one of compare(['nested', '1'], [row], how)) rows.push(one);
  return rows;
}

/** A side that says `first`, and then that a round takes 1,000 ns and has so many events. */
function script(first: string, events: number): { program: string } {
  const program = join(folder, `side-${first.length}-${events}`);
  const answer = `echo "$((rounds * 1000)) $((rounds * ${events}))"`;
  const lines = ['#!/bin/sh', `echo '${first}'`, `while read rounds which; do ${answer}; done`];
  writeFileSync(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return { program };
}

const slow = { timeout: 60_000 };

test('a row has the medians of both sides and their quotient', slow, async () => {
  const [found] = await compareWith(script('ready', 1));
  expect(found).toMatchObject({ linux_ns: 1000, linux_spread: 0 });
  expect(found?.ratio).toBe((found?.model_ns ?? 0) / 1000);
  expect(found).not.toHaveProperty('why');
});

/** A ratio that looks good because one side does half of the work. */
test('sides that do not have as many events are an error', slow, async () => {
  await expect(compareWith(script('ready', 2))).rejects.toThrow(
    'nested: depth 1, 1: expected the same work, found 1 events a round on the model, 2 on Linux',
  );
});

test.each([
  ['there is no C compiler (cc)', { why: 'there is no C compiler (cc)' }],
  ['Linux: RLIMIT_NOFILE is 10', script('cannot: RLIMIT_NOFILE is 10', 1)],
])('without Linux there is no ratio, but a reason: %s', slow, async (why, linux) => {
  const [found] = await compareWith(linux);
  expect(found).toMatchObject({ linux_ns: null, ratio: null, why });
  expect(found?.model_ns).toBeGreaterThan(0);
});
