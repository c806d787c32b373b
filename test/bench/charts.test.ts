import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chartsOf, draw } from '../../bench/charts.ts';
import { missing, type Row } from '../../bench/row.ts';

const row: Row = {
  ...missing({ kind: 'ctl', name: 'EPOLL_CTL_ADD', size: 1000 }),
  model_ns: 250,
  linux_ns: 500,
  ratio: 0.5,
};

/** Who looks at a chart of nothing. */
test('a chart is drawn of what was measured, and no other', () => {
  expect([...chartsOf([row]).keys()]).toEqual(['ctl']);
  expect(chartsOf([missing(row, 'there is no C compiler (cc)')]).size).toBe(0);
});

test('the chart is an SVG that names the lines and both sides', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-charts-'));
  try {
    expect(await draw([row], folder)).toEqual(['ctl.svg']);
    const svg = readFileSync(join(folder, 'ctl.svg'), 'utf8');
    for (const text of ['EPOLL_CTL_ADD', 'model', 'Linux', 'items in the set', '100ns']) {
      expect(svg).toContain(`>${text}</text>`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
