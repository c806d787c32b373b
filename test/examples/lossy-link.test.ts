/** examples/lossy-link.ts: two hosts, a link that loses, and an edge-triggered server that does not care. */
import { expect, test } from 'vitest';
import { overLossyLink } from '../../examples/lossy-link.ts';

const pattern = /^(\w+) \((10\.0\.0\.\d)\) sent (\d+) packets, of which (\d+) were lost$/;

/** What it prints, and how much each host has lost. */
function run(seed: number): { lines: string[]; lost: number[]; served: string[] } {
  const lines: string[] = [];
  const served: string[] = [];
  overLossyLink(
    seed,
    (line) => lines.push(line),
    (line) => served.push(line),
  );
  return { lines, served, lost: lines.slice(1).map((line) => Number(pattern.exec(line)?.[4])) };
}

/** A server that is right only where nothing is lost. The example asserts that the echo is the text. */
test('the whole echo comes, whatever is lost', () => {
  const runs = Array.from({ length: 10 }, (_, seed) => run(seed));

  expect(runs.filter(({ lines }) => lines.length !== 3)).toEqual([]);
  expect(runs.filter(({ lost }) => lost.every((n) => n > 0)).length).toBeGreaterThan(5);
});

/** Whoever reports a seed, and whoever is to find the same with it. */
test('the same seed loses the same packets at the same times, another seed others', () => {
  expect(run(3)).toEqual(run(3));
  expect(run(3).lines).not.toEqual(run(4).lines);
});

/** A link that is slower than the server: it finds nothing to read between two arrivals. */
test('the server is told of what arrives as it arrives', () => {
  const { served } = run(1);

  expect(served.length).toBeGreaterThan(10);
});
