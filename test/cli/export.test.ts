import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSchedule } from '../../src/check/schedule_text.ts';
import { artefactToC } from '../../src/export/c.ts';
import { fromLink, toLink } from '../../src/export/link.ts';
import { epollsim, fileWith, scenario, slow } from './run.ts';

const document = scenario('one', { call: 'epoll_create1', args: { flags: 0 } });
const other = scenario('two', { call: 'eventfd2', args: { initval: 7 } });
const artefact = { scenario: JSON.parse(document) as unknown };
const schedule = '# epollsim schedule 1\n# kernel 5.10\nmain: start\n';

/** A link goes through a report into a test, a shell and a file, and is the same link in the end. */
test('export leads from a link through every form back to it', slow, () => {
  const link = toLink({ ...artefact, kernel: '5.10' });
  for (const form of ['test', 'command']) {
    const { code, out } = epollsim(['export', link, '--to', form]);
    expect(code).toBe(0);
    expect(epollsim(['export', '-', '--to', 'link'], out).out).toBe(`${link}\n`);
  }
  const file = epollsim(['export', `https://example.org/${link}`, '--to', 'file']);
  expect(file.err).toBe('epollsim: one goes with --kernel 5.10\n');
  const again = epollsim(['export', '-', '--to', 'link', '--kernel', '5.10'], file.out);
  expect(again.out).toBe(`${link}\n`);
});

/** The batch of a group has a hundred, and the wrong one would be reported. */
test('export --name picks a scenario of a batch, and without it says what there is', slow, () => {
  const batch = fileWith(`${document}\n${other}\n`);
  const named = epollsim(['export', batch, '--to', 'link', '--name', 'two']);
  expect(fromLink(named.out)).toEqual({ scenario: JSON.parse(other) });
  const open = epollsim(['export', batch, '--to', 'link']);
  expect(open).toEqual({
    code: 1,
    out: '',
    err: `epollsim: ${batch}: 2 scenarios; say which by --name: one, two\n`,
  });
  const wrong = epollsim(['export', batch, '--to', 'link', '--name', 'three']);
  expect(wrong.err).toContain('no scenario is named "three"; there are one, two');
});

/** Whoever plays it later has to model the kernel that the schedule is of. */
test(
  'export --schedule takes the kernel of the schedule along, and -o writes it beside',
  slow,
  () => {
    const program = fileWith('export default function* main() {}\n', 'program.ts');
    const path = fileWith(schedule);
    const { out } = epollsim(['export', program, '--to', 'link', '--schedule', path]);
    expect(fromLink(out)).toMatchObject({ kernel: '5.10', schedule });
    const made = fileWith('', 'made.ts');
    const { err } = epollsim(['export', out.trim(), '--to', 'file', '-o', made]);
    expect(readFileSync(made, 'utf8')).toBe(readFileSync(program, 'utf8'));
    expect(readSchedule(readFileSync(`${made}.schedule`, 'utf8'))).toEqual(readSchedule(schedule));
    expect(err).toBe(`epollsim: it goes with --kernel 5.10 --schedule ${made}.schedule\n`);
  },
);

test('export --to c prints the program, and refuses what cannot be one', slow, () => {
  const path = fileWith(document);
  expect(epollsim(['export', path, '--to', 'c'])).toEqual({
    code: 0,
    out: artefactToC(artefact),
    err: '',
  });
  const program = fileWith("import './beside.ts';\nexport default function* main() {}\n", 'p.ts');
  expect(epollsim(['export', program, '--to', 'c'])).toMatchObject({ code: 1, out: '' });
  expect(epollsim(['export', program, '--to', 'link']).err).toContain(
    'imports ./beside.ts, which would stay',
  );
});

test.each([
  [['export'], 2, 'export: expected a file or a link, found none'],
  [['export', 'x'], 2, 'expected --to c|test|command|link|file'],
  [['export', 'x', '--to', 'pdf'], 2, '--to: expected c, test, command, link, file, found "pdf"'],
  [['export', 'x', 'y', '--to', 'c'], 2, 'found "y" too'],
  [['export', '/no/file', '--to', 'c'], 2, 'there is no such file'],
  [['export', '#v9.AAAA', '--to', 'c'], 1, 'the link is of version 9'],
  [
    ['export', '-', '--to', 'c'],
    2,
    'standard input: expected at least one scenario, found nothing',
  ],
])('%j is refused with a code and a reason', slow, (args, code, reason) => {
  const { err, ...rest } = epollsim(args);
  expect(rest).toEqual({ code, out: '' });
  expect(err).toContain(reason);
});
