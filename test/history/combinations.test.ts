/** Kernels that never were: a release with one commit more, or one less. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CommitId, commits, patchedKernel } from '../../src/kernel/history.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { Player } from '../../src/scenario/play.ts';
import { transcriptText } from '../../src/scenario/transcript.ts';

const linesOf = (profile: string): unknown[] =>
  readFileSync(`corpus/linux-6.18/${profile}.scenarios.ndjson`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const scenarios = ['wakeups', 'nested', 'basic']
  .flatMap((profile) => linesOf(profile).filter((_line, i) => i % 9 === 0))
  .map(parseScenario);

/** What breaks without them needs no second thread. */
const showAtOnce: readonly CommitId[] = ['22bacca48a17', 'ebe06187bf2a'];
const ids = (Object.keys(commits) as CommitId[]).filter((id) => !showAtOnce.includes(id));

/**
 * Whoever takes one commit out of a kernel wants its bug, and no other one: a lock that is taken twice
 * because the code of two releases does not fit together is ours.
 */
test.each(['4.9', '5.7-rc4', '6.18'])(
  '%s plays with each commit that it lacks, and without each that it has',
  (kernel) => {
    const has = patchedKernel({ kernel });
    for (const id of ids) {
      const options = { kernel, [has[id] ? 'without' : 'with']: [id] };
      for (const scenario of scenarios) {
        expect(() => transcriptText(new Player(scenario, options).play()), id).not.toThrow();
      }
    }
  },
  120_000,
);
