/** A scenario or program in its forms, and back. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { zlibSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import { casesOf, corpusFolder, groupsOf } from '../../conformance/corpus.ts';
import { check } from '../../src/check/check.ts';
import { answerOf } from '../../src/export/answer.ts';
import type { Artefact } from '../../src/export/artefact.ts';
import { fromCommandLine, toCommandLine } from '../../src/export/command.ts';
import { fromLink, toLink } from '../../src/export/link.ts';
import { programAnswer } from '../../src/export/program_answer.ts';
import { fromTest, toTest } from '../../src/export/vitest.ts';
import { OutcomeSearch } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const groups = groupsOf(corpusFolder);
const fresh = (document: unknown): Artefact => ({ scenario: document, kernel: '6.18' });
const sample: Artefact = {
  scenario: { name: "it's", steps: [{ call: 'epoll_create1', args: { flags: 0 } }] },
};

/** A link in a bug report that opens another scenario than the one that was meant. */
describe.each(groups)('Every scenario of $name comes back as it was', (group) => {
  const artefacts = casesOf(group).map(({ text }) => fresh(JSON.parse(text)));

  test('from a link', () => {
    for (const one of artefacts) expect(fromLink(toLink(one))).toEqual(one);
  });

  test('from a command line', () => {
    for (const one of artefacts) {
      expect(fromCommandLine(toCommandLine(one))).toEqual({ ...one, with: [], without: [] });
    }
  });

  test('from a test', () => {
    for (const one of artefacts) expect(fromTest(toTest(one, { expected: '' }))).toEqual(one);
  });
});

/** Quotes, line ends, backslashes: what a shell, a string and base64 each have their own idea of. */
test('Any program comes back from a link, a command line and a test, with kernel and schedule', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
  const usable = text.filter((one) => !/^\s*\{|\p{Surrogate}|\0/u.test(one) && one.trim() !== '');
  fc.assert(
    fc.property(
      usable,
      fc.constantFrom('5.10', '7.3'),
      fc.boolean(),
      (program, kernel, scheduled) => {
        const schedule = `# epollsim schedule 1\n# kernel ${kernel}\n# about it's\nmain: start\n`;
        const one: Artefact = { program, kernel, ...(scheduled ? { schedule } : {}) };
        expect(fromLink(toLink(one))).toEqual(one);
        expect(fromCommandLine(toCommandLine(one))).toEqual({ ...one, with: [], without: [] });
        expect(fromTest(toTest(one, { expected: 'ended' }))).toEqual(one);
      },
    ),
  );
});

/** What a person pastes has lost its end, or its beginning, or comes from another version. */
describe('A link that is none is refused with the reason:', () => {
  const link = toLink(sample);
  const packed = (json: string): string =>
    `#v1.${Buffer.from(zlibSync(Buffer.from(json))).toString('base64url')}`;

  test.each([
    ['', /expected a link that ends with "#v1\.…", found ""/],
    ['https://example.org/#about', /expected a link that ends with "#v1\.…"/],
    [link.replace('v1', 'v2'), /the link is of version 2; this epollsim reads version 1/],
    [link.slice(0, -1), /damaged or was cut/],
    [link.slice(0, 30), /damaged or was cut/],
    ['#v1.', /damaged or was cut/],
    [`${link.slice(0, 20)}+${link.slice(20)}`, /the link has "\+" at place 17 of its data/],
    [`${link.slice(0, 40)}${link.charAt(40) === 'A' ? 'B' : 'A'}${link.slice(41)}`, /damaged|JSON/],
    [packed('no JSON'), /the link holds no JSON/],
    [packed('[]'), /the link: expected an object/],
    [packed('{}'), /expected a "scenario" or a "program", one of the two/],
    [packed('{"program":"x","more":1}'), /unknown key "more"/],
    [packed('{"program":1}'), /"program" is not a string/],
    [packed('{"program":"x","with":"y"}'), /"with" is not a list of strings/],
    [packed('{"program":"x","kernel":"99.9"}'), /the link: .*99\.9/],
    [
      packed('{"program":"x","schedule":"y"}'),
      /the link: line 1: expected "# epollsim schedule 1"/,
    ],
    [packed('{"scenario":{"steps":[{"call":"fly"}]}}'), /step 0: unknown call "fly"/],
  ])('%.30s', (text, reason) => {
    expect(() => fromLink(text)).toThrow(reason);
  });

  test('what unfolds to more than 16 MiB', () => {
    expect(() => fromLink(packed(' '.repeat(17 << 20)))).toThrow('more than 16 MiB');
  });

  test('no part of a link, cut anywhere, is taken for a whole one', () => {
    for (let i = 0; i < link.length; i++) expect(() => fromLink(link.slice(0, i))).toThrow();
  });
});

test.each([
  ['ls -l', /expected "printf", found "ls"/],
  ["printf %s 'x", /a quote that is not closed at place 11/],
  ["printf %s '{}' | rm -", /expected "epollsim", found "rm"/],
  ["printf %s '{' | epollsim play -", /the document is not JSON/],
  ['printf %s x | epollsim play --seed 1 -', /expected an option or "-", found "--seed"/],
  ['printf %s x | epollsim play - > file', /has ">" at place/],
  ['printf %s x | epollsim play', /expected "-", found its end/],
  ['printf %s x | epollsim play --kernel 99.9 -', /99\.9/],
])('A command line that is not ours is refused with the reason: %s', (line, reason) => {
  expect(() => fromCommandLine(line)).toThrow(reason);
});

test('A test without its link is refused with the reason', () => {
  expect(() => fromTest('test("x", () => {});')).toThrow('has no line "// epollsim: #v1.…"');
});

/** Who pastes it into a shell gets what was exported. */
test('A POSIX shell gives the command what the command line says', () => {
  const line = toCommandLine(sample).replace(/ \| epollsim .*/, '');
  const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual(sample.scenario);
});

const pipe: unknown = JSON.parse(
  readFileSync(join(root, 'examples/pipe-every-write.json'), 'utf8'),
);

/** It waits for nothing at all. */
const sleeper = `export default function* (sys) {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_wait(ep, 1, -1);
}
`;

/** The same with promises. */
const promising = `export default async function main(sys) {
  const ep = await sys.epoll_create1(0);
  await sys.epoll_wait(ep, 1, -1);
}
`;

/** Inside of the package, so that a test finds epollsim by its name. */
const folder = mkdtempSync(join(root, 'test/made-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs test files in vitest; what it says. */
function runTests(texts: readonly string[]): { status: number | null; said: string } {
  for (const [i, text] of texts.entries()) writeFileSync(join(folder, `made-${i}.case.ts`), text);
  writeFileSync(
    join(folder, 'config.ts'),
    "export default { ssr: { resolve: { conditions: ['epollsim:src', 'node', 'import', 'default'] } }," +
      ` test: { root: ${JSON.stringify(folder)}, include: ['*.case.ts'] } };\n`,
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', join(folder, 'config.ts'), '--root', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

/** Somebody adds the test to a project, and it is red from the first day. */
test('What toTest() makes passes: scenarios, concurrent ones, programs, with schedules', {
  timeout: 120_000,
}, async () => {
  const program = readFileSync(join(root, 'examples/false-negative.ts'), 'utf8');
  const { default: main } = await import('../../examples/false-negative.ts');
  const [finding] = check(main).findings;
  const schedule = finding?.schedule ?? '';
  const racing: unknown = JSON.parse(readFileSync(join(root, 'examples/two-waiters.json'), 'utf8'));
  const search = new OutcomeSearch(parseScenario(racing));
  while (search.next());
  const one = search.scheduleOf(search.outcomes().found[1] as never);
  const sentence = programAnswer(main, { schedule });
  expect(sentence).toContain('a pending event is found');
  const { status, said } = runTests([
    toTest(sample),
    toTest({ ...sample, kernel: '5.10' }),
    toTest({ scenario: racing }),
    toTest({ scenario: racing, schedule: one }),
    toTest({ program }, { expected: 'ended' }),
    toTest({ program, schedule }, { expected: sentence }),
    toTest({ program: promising }, { expected: 'asleep: main', isAsync: true }),
  ]);
  expect(said).toContain('7 passed');
  expect(status).toBe(0);
});

/** A test that passes whatever the model says is none. */
test('What toTest() makes fails where the model answers otherwise, and says why', {
  timeout: 120_000,
}, () => {
  const before = { kernel: '5.10' };
  const { status, said } = runTests([
    toTest(sample, { expected: 'something else' }),
    toTest({ scenario: pipe }, { expected: answerOf(pipe, before) }),
    toTest({ program: sleeper }, { expected: 'ended' }),
    toTest({ program: promising }, { expected: 'ended', isAsync: true }),
  ]);
  expect(said).toContain('something else');
  expect(said).toContain('step 6  main: epoll_wait(5, 8, 0) = 1');
  expect(said).toContain('told: ep5[3]: EPOLLIN was told to main');
  expect(said.match(/main: not-registered: nothing is registered in ep3/g)?.length).toBe(2);
  expect(said).toContain('4 failed');
  expect(status).toBe(1);
});
