/** The command line of the benchmark, on tiny selections; the model is that of the sources. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../bench/report.ts';

const root = join(import.meta.dirname, '../..');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly said: string;
}

/** `interrupt`: sends Ctrl-C when so many ms are over. */
function bench(args: readonly string[], interrupt?: number): Promise<Ran> {
  const words = ['--conditions=epollsim:src', '--import=tsx', 'bench/run.ts', ...args];
  const env = { ...process.env, NODE_OPTIONS: '--conditions=epollsim:src' };
  const child = spawn(process.execPath, words, { cwd: root, env, stdio: 'pipe' });
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  if (interrupt !== undefined) setTimeout(() => child.kill('SIGINT'), interrupt);
  return new Promise((done) => child.on('close', (code) => done({ code, out, said })));
}

const slow = { timeout: 120_000 };

describe('npm run bench', () => {
  /** Whoever draws a chart of their own from it. */
  test('--json prints one object, whose rows have their figures or say why not', slow, async () => {
    const { code, out, said } = await bench(['--quick', '--json', '--only', 'round trip: pipe']);
    expect({ code, said }).toEqual({ code: 0, said: '' });
    const { aims, computer, rows, summary }: Report = JSON.parse(out);
    expect(rows.map(({ kind, name, size }) => [kind, name, size])).toEqual([
      ['round trip', 'pipe, LT', 1],
    ]);
    const [row] = rows;
    expect(row?.model_ns).toBeGreaterThan(0);
    if (row?.linux_ns === null) expect(row.why).toMatch(/cc|Linux/);
    else expect(row?.ratio).toBeCloseTo((row?.model_ns ?? 0) / (row?.linux_ns ?? 0));
    expect(summary).toMatchObject({ worst: row?.ratio, worst_ctl: null });
    expect(aims.find(({ aim }) => aim.startsWith('ctl at most'))?.met).toBe(null);
    expect(Object.keys(computer)).toEqual(['kernel', 'node', 'cpu', 'cores']);
  });

  /** Whoever has waited for five minutes and needs the computer. */
  test('Ctrl-C prints what there is', slow, async () => {
    const { code, out } = await bench(['--json', '--only', '^round trip'], 6000);
    expect(code).toBe(130);
    expect((JSON.parse(out) as Report).rows.length).toBeLessThan(12);
  });

  /** A name that a script relies on. */
  test('--list names the rows that the issue of speed is about', slow, async () => {
    const { out } = await bench(['--list']);
    const titles = out.trim().split('\n');
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of [
      'round trip: unix pair, LT, 1',
      'ctl: EPOLL_CTL_ADD, 1000000',
      'epoll_wait: 1024 ready, 1000000',
      'waiters: exclusive, 256',
      'echo server: TCP, 100 active, 10000',
      'checker: 1 writer, 1 waiter, 3',
      'memory: registered eventfd, 1000000',
    ]) {
      expect(titles).toContain(title);
    }
  });

  /** A typing error that would otherwise cost ten minutes. */
  test.each([
    [['--fast'], 'unknown option --fast: expected one of --only, '],
    [['ctl'], 'expected options, found "ctl"'],
    [['--only', '('], '--only: expected a regular expression, found "("'],
    [['--only', 'nothing'], '--only: /nothing/ fits no row; --list shows them'],
    [['--out', 'package.json'], '--out: expected a folder, found package.json'],
    [['--from', 'package.json/x'], '--from: expected what --json has printed in package.json/x'],
  ])('%j is refused', slow, async (args, message) => {
    const { code, said } = await bench(args);
    expect(code).toBe(2);
    expect(said).toContain(`bench: ${message}`);
  });
});
