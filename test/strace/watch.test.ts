/** Logs of servers written by others: every line is read, and every result explained. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readStrace } from '../../src/strace/reader.ts';

const folder = new URL('../fixtures/strace/', import.meta.url);
const logOf = (name: string): string => readFileSync(new URL(name, folder), 'latin1');

const servers = [
  'asyncio',
  'beanstalkd',
  'dnsmasq',
  'go',
  'haproxy',
  'lighttpd',
  'memcached',
  'mosquitto',
  'nginx',
  'nginx-attached',
  'node',
  'pgbouncer',
  'redis',
  'redis-alone',
  'redis-attached',
  'socat',
  'threadpool',
];

/** Whoever reads the log of a server that is right is told of no mistake, neither its nor ours. */
test.each(servers)('the log of %s is read and explained, and nothing is suspicious', (name) => {
  const rows: number[] = [];
  const report = readStrace(logOf(`${name}.log`), { onRow: ({ line }) => rows.push(line) });
  expect(report.malformed).toEqual([]);
  expect(report.unexplained).toEqual([]);
  expect(report.findings.filter(({ level }) => level !== 'information')).toEqual([]);
  expect(report.calls).toBeGreaterThan(50);
  expect(rows.length).toBeGreaterThan(30);
});

const mistakes = [
  ['edge-unread', 'edge-unread', 'suspicious'],
  ['pipe', 'edge-unread', 'bug'],
  ['accept-once', 'accept-once', 'bug'],
  ['write-spin', 'write-spin', 'bug'],
  ['end-spin', 'hangup-spin', 'bug'],
  ['hangup-spin', 'hangup-spin', 'bug'],
  ['read-spin', 'read-spin', 'bug'],
  ['closed-registered', 'closed-registered', 'bug'],
  ['closed-in-parent', 'closed-registered', 'bug'],
  ['control-error', 'control-error', 'suspicious'],
  ['oneshot', 'oneshot-forgotten', 'suspicious'],
  ['busy-loop', 'busy-loop', 'suspicious'],
  ['herd', 'thundering-herd', 'information'],
] as const;

/** The author of such a server, who looks for what is wrong with it. */
test.each(mistakes)('in the log of the server with %s, %s is found', (name, kind, level) => {
  const { findings, unexplained } = readStrace(logOf(`mistakes/${name}-wrong.log`));
  expect(unexplained).toEqual([]);
  expect([...new Set(findings.map((finding) => finding.kind))]).toEqual([kind]);
  expect(findings[0]?.level).toBe(level);
  for (const { lines, what, cure } of findings) {
    expect(lines.length).toBeGreaterThan(0);
    expect(`${what}${cure}`.length).toBeGreaterThan(60);
  }
});

/** The author of the corrected server, who would look for a mistake that is not there. */
test.each(mistakes)('in the log of the server without %s, nothing is found', (name) => {
  const report = readStrace(logOf(`mistakes/${name}-right.log`));
  expect(report.findings).toEqual([]);
  expect(report.unexplained).toEqual([]);
});
