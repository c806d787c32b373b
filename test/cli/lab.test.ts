/** `epollsim lab` and `epollsim lab check`, as a student and a lecturer use them. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { get, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Progress as HandIn, readProgress } from '../../lab/model/progress.ts';
import { tasks } from '../../lab/tasks/index.ts';
import { FileError } from '../../src/cli/errors.ts';
import { serveSite } from '../../src/cli/lab/site.ts';
import type { Progress, Task } from '../../src/cli/lab/tasks.ts';
import { endOf, epollsim, fileWith, lines, slow, startEpollsim } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the command knows of the lab is what is there: these would not compile if it were not. */
const known: readonly Task[] = tasks;
const read: (text: string) => Progress = readProgress;

// ── The site ─────────────────────────────────────────────────────────────────────────────────────

interface Answer {
  readonly code: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('a site', () => {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-site-'));
  let site: Awaited<ReturnType<typeof serveSite>>;
  let port = 0;

  beforeAll(async () => {
    const inner = join(folder, 'site');
    mkdirSync(join(inner, 'zh/labs'), { recursive: true });
    mkdirSync(join(inner, 'empty'));
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    mkdirSync(join(folder, 'site-beside'));
    writeFileSync(join(folder, 'site-beside/index.html'), 'secret');
    writeFileSync(join(inner, 'index.html'), 'home');
    writeFileSync(join(inner, '404.html'), 'nothing here');
    writeFileSync(join(inner, 'a b.js'), 'script');
    writeFileSync(join(inner, 'zh/index.html'), '首页');
    writeFileSync(join(inner, 'zh/labs/01-create.html'), 'lab');
    writeFileSync(join(inner, 'odd.xyz'), 'bytes');
    site = await serveSite(inner, { host: '127.0.0.1', port: 0 });
    port = Number(new URL(site.address).port);
  });
  afterAll(() => site.close());

  /** As it stands: fetch() would tidy the path up first. */
  const ask = (path: string, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ code: response.statusCode, headers: response.headers, body }),
        );
      });
      asked.on('error', reject).end();
    });

  /** A browser that is told of the wrong type runs no module. */
  test.each([
    ['/', 'home', 'text/html; charset=utf-8'],
    ['/?x=1#y', 'home', 'text/html; charset=utf-8'],
    ['/index.html', 'home', 'text/html; charset=utf-8'],
    ['/a%20b.js', 'script', 'text/javascript; charset=utf-8'],
    ['/zh/', '首页', 'text/html; charset=utf-8'],
    ['/zh/labs/01-create', 'lab', 'text/html; charset=utf-8'],
    ['/odd.xyz', 'bytes', 'application/octet-stream'],
  ])('has %s, with its type', async (path, body, type) => {
    const answer = await ask(path);

    expect([answer.code, answer.body, answer.headers['content-type']]).toEqual([200, body, type]);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  /** Whatever else lies on the disk of the lecturer. */
  test.each([
    '/../secret.txt',
    '/zh/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsite-beside/',
    '/..%5csecret.txt',
    '/secret.txt',
    '/index.html%00.js',
    '/%',
    '/empty',
    '/empty/',
    '/nowhere',
    'http://127.0.0.1/',
    '*',
  ])('answers %s by 404 and the page for that', async (path) => {
    const answer = await ask(path);

    expect([answer.code, answer.body]).toEqual([404, 'nothing here']);
  });

  test('leads from the name of a folder to its page, and never to another machine', async () => {
    expect((await ask('/zh')).headers['location']).toBe('/zh/');
    expect((await ask('//zh')).headers['location']).toBe('/zh/');
  });

  test('has heads, and takes nothing', async () => {
    expect(await ask('/', 'HEAD')).toMatchObject({ code: 200, body: '' });
    expect(await ask('/nowhere', 'HEAD')).toMatchObject({ code: 404, body: '' });
    expect(await ask('/', 'POST')).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } });
  });

  /** A second lecture in the same room. */
  test('says that a port is taken, or an address is not its own', async () => {
    const again = serveSite(folder, { host: '127.0.0.1', port });
    await expect(again).rejects.toThrow(
      new FileError(
        `cannot listen at 127.0.0.1, port ${port}: another program has this port; --port 0 takes one that is free`,
      ),
    );
    const elsewhere = serveSite(folder, { host: '192.0.2.1', port: 0 });
    await expect(elsewhere).rejects.toThrow('this machine does not have this address');
  });
});

describe('epollsim lab', () => {
  /** The sources, with a page in the place of the site. */
  function checkout(): string {
    const home = mkdtempSync(join(root, 'node_modules/.epollsim-lab-'));
    for (const name of ['bin', 'lab', 'src', 'package.json']) {
      symlinkSync(join(root, name), join(home, name));
    }
    mkdirSync(join(home, 'dist/lab'), { recursive: true });
    writeFileSync(join(home, 'dist/lab/index.html'), 'home');
    return home;
  }

  /** Whoever starts it has to know where to look, and how to get rid of it. */
  test('prints where it is, serves it, and ends at Ctrl-C with 130', slow, async () => {
    const home = checkout();
    const node = ['--preserve-symlinks', '--preserve-symlinks-main'].join(' ');
    const child = startEpollsim(['lab', '--port', '0', '--json'], {
      root: home,
      env: { ...process.env, NODE_OPTIONS: node },
    });
    const ended = endOf(child);
    const out = await new Promise<string>((resolve) => child.stdout?.once('data', resolve));
    const { address, folder } = JSON.parse(String(out)) as Record<string, string>;
    expect(folder).toBe(join(home, 'dist/lab'));
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const body = await new Promise<string>((resolve) =>
      get(address as string, (response) => response.once('data', (data) => resolve(String(data)))),
    );
    expect(body).toBe('home');

    child.kill('SIGINT');
    expect(await ended).toEqual({ how: 130, err: '' });
    rmSync(home, { recursive: true });
  });
});

// ── Grading ──────────────────────────────────────────────────────────────────────────────────────

const solutionOf = (lab: string): string => `lab/tasks/${lab}/solution.ts`;

describe('epollsim lab check', () => {
  /** Whoever hands in what the page has passed. */
  test('passes a solution, says what was shown, and ends with 0', slow, () => {
    const { code, err, out } = epollsim(['lab', 'check', '6', solutionOf('06')]);

    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^lab 6, Read all, by edges: passed\n\nWhenever the bytes and the end come/,
    );
  });

  test('says what is wrong in either language, with the schedule, and ends with 1', slow, () => {
    const check = ['lab', 'check', '6', 'examples/lab/read-all.ts'];
    const { code, err, out } = epollsim(check);
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(/: not passed\n\nOne message, and the end: Your program sleeps/);
    expect(out).toMatch(/main +│ peer\n/);

    const chinese = epollsim([...check, '--language', 'zh']);
    expect(chinese.out).toMatch(/^实验 6，用边缘触发读完全部数据：未通过\n\n一条消息，然后结束：/);
  });

  /** A program that is text, and one that CommonJS exports. */
  test('takes a program from standard input, and CommonJS', slow, () => {
    const text = readFileSync(join(root, solutionOf('04')), 'utf8');
    expect(epollsim(['lab', 'check', '4', '-'], text).code).toBe(0);
    const common = 'module.exports = function* () { return []; };';
    expect(epollsim(['lab', 'check', '4', fileWith(common, 'common.js')])).toMatchObject({
      code: 1,
      err: '',
    });
  });

  /** A lecturer with a folder full of them, some of which would never come to an end. */
  test('ends what does not end, and what ends the process, and grades the rest', slow, () => {
    const folder = mkdtempSync(join(tmpdir(), 'epollsim-hand-ins-'));
    const file = (name: string, body: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `import type { Sys } from 'epollsim';\n${body}\n`);
      return path;
    };
    const files = [
      file('1.ts', 'export default function* () { for (;;); }'),
      file(
        '2.ts',
        'export default function* (sys: Sys) { for (;;) try { yield* sys.getpid(); } catch {} }',
      ),
      file('3.ts', 'process.kill(process.pid, "SIGKILL"); export default function* () {}'),
      file('4.ts', 'console.log("x"); export default function* () { process.exit(0); }'),
      solutionOf('06'),
    ];
    const { code, err, out } = epollsim([
      ...['lab', 'check', '6', ...files, '--json', '--time-limit', '8', '-j', '2'],
    ]);
    expect([code, err]).toEqual([1, '']);
    const rows = lines(out).map((line) => JSON.parse(line));
    expect(rows.map(({ file: path, lab, passed }) => [path, lab, passed])).toEqual(
      files.map((path) => [path, 6, path === solutionOf('06')]),
    );
    const said = [
      /^Your program had not come to an end after 8 s,/,
      // The checker may end it sooner: it makes calls.
      /^Your program had not come to an end after 8 s,|goes round and round/,
      /^The process that ran your program has died/,
      /Your program threw an error.*process\.exit/,
      /^Whenever the bytes and the end come/,
    ];
    for (const [i, words] of said.entries()) expect(rows[i].words.en).toMatch(words);
    expect(rows.map(({ words }) => /\p{Script=Han}/u.test(words.zh))).not.toContain(false);
  });

  /** What a student's page says counts for nothing: it is graded again. */
  test('makes a table of hand-ins, and marks what they claim and is not so', slow, () => {
    const { code, err, out } = epollsim([
      ...['lab', 'check', 'examples/lab/ada.json', 'examples/lab/lin.json'],
    ]);
    expect([code, err]).toEqual([1, '']);
    expect(lines(out).slice(0, 3)).toEqual([
      'hand-in                student  predicted  1   4  passed',
      'examples/lab/ada.json  Ada      3/4        ✓   ✗  1/2',
      'examples/lab/lin.json  林       2/3        ✗*  ·  0/2',
    ]);
    expect(out).toContain(
      '\nexamples/lab/ada.json, lab 4\n  Nothing is ready: You passed 64 as max',
    );

    const one = epollsim(['lab', 'check', '1', 'examples/lab/ada.json', '--json']);
    expect(one.code).toBe(0);
    expect(lines(one.out).map((line) => JSON.parse(line))).toMatchObject([
      {
        student: 'Ada',
        lab: 1,
        passed: true,
        claimed: true,
        predictions: { right: 2, answered: 2 },
      },
    ]);
  });

  /** A file is what its student has made it. */
  test(
    'is deceived by no hand-in: not by a name, a claim without a solution, or a swap',
    slow,
    () => {
      const ada = JSON.parse(readFileSync(join(root, 'examples/lab/ada.json'), 'utf8')) as HandIn;
      const [one, four] = ada.labs as [HandIn['labs'][number], HandIn['labs'][number]];
      const eve = '\u001b[2JEve\nhand-ins/eve.json  Eve  4/4  ✓  ✓  2/2';
      const files = [
        fileWith(JSON.stringify({ ...ada, student: eve }), 'named.json'),
        fileWith(
          JSON.stringify({
            ...ada,
            labs: [
              { ...one, solution: null },
              { ...four, passed: true },
            ],
          }),
          'claims.json',
        ),
        fileWith(
          JSON.stringify({
            ...ada,
            labs: [
              { ...one, solution: four.solution },
              { ...four, solution: one.solution },
            ],
          }),
          'swapped.json',
        ),
      ];
      const { code, out } = epollsim(['lab', 'check', ...files]);
      expect(code).toBe(2);
      expect(out).not.toContain('\u001b');
      expect(out).toMatch(/named\.json +\uFFFD\[2JEve\uFFFDhand-ins\/eve.* 1\/2\n/);
      expect(out).toMatch(/claims\.json +Ada +3\/4 +!\* +✗\* +0\/2\n/);
      expect(out).toMatch(/swapped\.json +Ada +3\/4 +✗\* +✗ +0\/2\n/);
    },
  );

  /** The pages of the lab have neither files nor packages: what passes there passes here. */
  test('takes no solution that imports another module than epollsim', slow, () => {
    const uses = `import { readFileSync } from 'node:fs';
export default function* () { readFileSync('/etc/hostname'); }`;
    expect(epollsim(['lab', 'check', '1', fileWith(uses, 'uses.ts')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected imports of epollsim alone, found one of "node:fs"'),
    });
    const unused = `import fs from 'node:fs';\n${readFileSync(join(root, 'lab/tasks/01/solution.ts'), 'utf8')}`;
    expect(epollsim(['lab', 'check', '1', fileWith(unused, 'unused.ts')]).code).toBe(0);
  });

  test('says of a number that is none of a lab what was expected', () => {
    for (const found of ['0', '15', '1.5', '1e1']) {
      const { code, err } = epollsim(['lab', 'check', found, 'examples/lab/read-all.ts']);
      expect([code, err]).toEqual([
        2,
        `epollsim: lab check: expected a lab from 1 to 14, found ${found} (see epollsim lab --help)\n`,
      ]);
    }
  });

  /** One file that cannot be read does not cost the others their marks. */
  test('says what it cannot read or run, goes on, and ends with 2', slow, () => {
    const ada = JSON.parse(readFileSync(join(root, 'examples/lab/ada.json'), 'utf8')) as HandIn;
    const strange = { ...ada, labs: ada.labs.map((one) => ({ ...one, lab: one.lab + 90 })) };
    const files = [
      fileWith(JSON.stringify(strange), 'strange.json'),
      fileWith('{"epollsim": "lab"}', 'old.json'),
      fileWith('export default function* ( {', 'half.ts'),
      'examples/lab/ada.json',
    ];
    const { code, err, out } = epollsim(['lab', 'check', '1', ...files]);
    expect(code).toBe(2);
    expect(lines(err)).toEqual([`epollsim: ${files[1]}: "version": expected 1, found nothing`]);
    expect(out).toMatch(/half\.ts +! +0\/1\n/);
    expect(out).toMatch(/ada\.json +Ada +2\/2 +✓ +1\/1\n/);
    expect(out).toMatch(/half\.ts, lab 1\n {2}the program cannot be loaded: /);

    const all = epollsim(['lab', 'check', files[0] as string, 'examples/lab/read-all.ts']);
    expect([all.code, all.out]).toEqual([2, '']);
    expect(lines(all.err)).toEqual([
      `epollsim: ${files[0]}: expected labs from 1 to 14, found 91`,
      'epollsim: examples/lab/read-all.ts: a program does not say which lab it is for: epollsim lab check N examples/lab/read-all.ts',
    ]);
  });

  test('says of one program that it is none, on standard error', slow, () => {
    expect(epollsim(['lab', 'check', '6', fileWith('export const x = 1;', 'x.ts')])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(
        /^epollsim: \S+x\.ts: expected "export default function\* \(sys, ep, fd\) \{…\}", found no default export\n$/,
      ),
    });
  });

  /** Somebody who does not want to wait for the rest. */
  test('ends at Ctrl-C with what is graded by then, and 130', slow, async () => {
    const begun = join(mkdtempSync(join(tmpdir(), 'epollsim-test-')), 'begun');
    const endless = fileWith(
      `const { writeFileSync } = process.getBuiltinModule('node:fs');
      export default function* () { writeFileSync(${JSON.stringify(begun)}, ''); for (;;); }`,
      'endless.ts',
    );
    const child = startEpollsim([
      ...['lab', 'check', '6', solutionOf('06'), endless, '-j', '1', '--time-limit', '600'],
    ]);
    const ended = endOf(child);
    let out = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGINT');
    expect((await ended).how).toBe(130);
    expect(out).toMatch(/solution\.ts +✓/);
  });
});

test('The command grades the tasks that there are, and reads what pages write', () => {
  expect(known.length).toBe(14);
  expect(read(readFileSync(join(root, 'examples/lab/lin.json'), 'utf8')).student).toBe('林');
});
