import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConformReport } from '../../conformance/conform_report.ts';
import { Output } from '../../src/cli/output.ts';

/** A machine at work must not stop a release, and a kernel that never says it must. */
test('Answers that vary fail, unless what was recorded is upheld', () => {
  const exitCode = (upheld: boolean): number => {
    const folder = mkdtempSync(join(tmpdir(), 'epollsim-'));
    const report = new ConformReport(new Output(join(folder, 'report')), true, '6.18');
    const asked = { group: 'big', place: 'big:1', question: null, problem: null };
    report.add(asked, { name: 'a', verdict: 'nondeterministic', variants: ['1', '2'], upheld });
    return report.end(false);
  };
  expect(exitCode(true)).toBe(0);
  expect(exitCode(false)).toBe(1);
});
