import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseScenario } from '../src/scenario/parse.ts';
import { Player } from '../src/scenario/play.ts';
import { transcriptText } from '../src/scenario/transcript.ts';

const folder = new URL('../corpus/linux-6.18/', import.meta.url);
const linesOf = (file: string): string[] =>
  readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n');

const profiles = readdirSync(folder)
  .filter((file) => file.endsWith('.scenarios.ndjson'))
  .map((file) => file.replace('.scenarios.ndjson', ''))
  .filter((profile) => profile !== 'concurrent');

/**
 * Everybody is bitten: a transcript that differs from the one that Linux gave means that the model
 * teaches, or tests against, something that Linux does not do.
 */
describe.each(profiles)('The model answers like Linux 6.18 in %s', (profile) => {
  const golden = linesOf(`${profile}.golden.ndjson`);
  const cases = linesOf(`${profile}.scenarios.ndjson`).map((line, i) => {
    const scenario: unknown = JSON.parse(line);
    return { name: (scenario as { name: string }).name, scenario, expected: golden[i] };
  });

  test.each(cases)('$name', ({ scenario, expected }) => {
    expect(transcriptText(new Player(parseScenario(scenario)).play())).toBe(expected);
  });
});
