/**
 * What the documents show is what happens, and where they point to is there.
 *
 * A fenced block is checked by its language. `sh` is run, and the `text` or `json` block behind it
 * is what it printed. Behind `<!-- file: PATH -->` stands that file, without its first comment.
 * `python` is run where there is a Linux to run it on.
 *
 * A guide (docs/guide) is followed in an empty folder, step by step: files are written there, changes
 * (`<!-- change: PATH -->`) made, commands typed; an output may have lines `…` for what is left out.
 * `UPDATE_DOCS=1 npx vitest run test/docs.test.ts` writes files and outputs into the documents.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { isShown } from '../scripts/package/readme.ts';
import { Reader } from './support/reader.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const update = process.env.UPDATE_DOCS === '1';
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { scripts = {} } = JSON.parse(read('package.json')) as { scripts?: Record<string, string> };

const markdownBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...[...markdownBelow('docs'), ...markdownBelow('examples')].sort(),
];

interface Block {
  readonly document: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly body: string;
  /** What `<!-- file: … -->` before it names. */
  readonly file: string | null;
  /** What `<!-- change: … -->` before it names. */
  readonly change: string | null;
  /** The block that follows, if nothing but blank lines stands between. */
  output: Block | null;
}

function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  const lines = read(document).split('\n');
  let lastLine = '';
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w*)/.exec(lines[i] as string)?.[1];
    if (language === undefined) {
      if (lines[i] !== '') lastLine = lines[i] as string;
      continue;
    }
    const start = i++;
    while (i < lines.length && lines[i] !== '```') i++;
    const body = lines.slice(start + 1, i).join('\n');
    const file = /^<!-- file: (\S+) -->$/.exec(lastLine)?.[1] ?? null;
    const change = /^<!-- change: (\S+) -->$/.exec(lastLine)?.[1] ?? null;
    const block = { document, line: start + 1, language, body, file, change, output: null };
    const previous = blocks.at(-1);
    if (lastLine === '```' && previous !== undefined && file === null && change === null)
      previous.output = block;
    blocks.push(block);
    lastLine = '```';
  }
  return blocks;
}

const blocks = documents.flatMap(blocksOf);
const corrections = new Map<Block, string>();

/** Compares what a block shows with what it should; or notes the correction. */
function shows(block: Block, expected: string): void {
  if (update && block.body !== expected) corrections.set(block, expected);
  else expect(block.body, `${block.document}:${block.line}`).toBe(expected);
}

afterAll(() => {
  for (const document of new Set([...corrections.keys()].map((block) => block.document))) {
    const lines = read(document).split('\n');
    const below = [...corrections].filter(([block]) => block.document === document).reverse();
    for (const [block, body] of below.sort(([a], [b]) => b.line - a.line)) {
      const length =
        block.body === '' ? Number(lines[block.line] === '') : block.body.split('\n').length;
      lines.splice(block.line, length, ...body.split('\n'));
    }
    writeFileSync(join(root, document), lines.join('\n'));
  }
});

/** A file without the comment at its top, which the text around the block stands for. */
const asShown = (text: string): string => text.replace(/^\/\*\*[\s\S]*?\*\/\n/, '').trimEnd();

const titleOf = (block: Block): string =>
  `${block.document}:${block.line}: ${block.body.split('\n')[0] ?? ''}`;

describe('files', () => {
  /** Somebody who pastes a program out of the README, which has moved on in examples/. */
  test.each(blocks.filter((block) => block.file !== null).map((block) => [titleOf(block), block]))(
    '%s is what the file has',
    (_title, block) => {
      shows(block, asShown(read(block.file as string)));
    },
  );

  /** The same, where the README shows a program that is in no file and nobody has ever run. */
  test('every program and scenario that a document shows is a file', () => {
    const isCode = ({ language }: Block): boolean => /^(ts|js|json|ndjson)$/.test(language);
    const outputs = new Set(blocks.map((block) => block.output));
    const loose = blocks.filter((block) => isCode(block) && !block.file && !outputs.has(block));
    expect(loose.map(titleOf)).toEqual([]);
  });
});

/** How `npm run …` and `npx vitest` start what they start, without the half second that npm takes. */
const withoutNpm = (command: string): string =>
  command
    .replaceAll(/^npx (?=vitest run -c )/gm, '')
    .replaceAll(/\bnpm (?:run -s )?(start|epollsim)(?: --)?(?= |$)/gm, (_all, name: string) => {
      const script = scripts[name];
      if (script === undefined) throw new Error(`package.json has no script "${name}"`);
      return script;
    });

/**
 * Commands that install, or that run the tests and would run this one: such a block is not run. With
 * `-c`, vitest runs others.
 */
const onlyNamed = /^(npm (?!(run -s epollsim|start)\b)|npx (?!vitest run -c )|UPDATE_DOCS=)/;

function run(command: string): Promise<string> {
  const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`;
  const env = { ...process.env, PATH: path, NO_COLOR: '1' };
  return new Promise((done, fail) => {
    execFile(
      'sh',
      ['-c', `exec 2>&1\n${withoutNpm(command)}`],
      { cwd: root, env, timeout: 120_000 },
      (error, out) => {
        if (error !== null && typeof error.code !== 'number') fail(error);
        else done(out.replaceAll(`${root}/`, '').trimEnd());
      },
    );
  });
}

const codeLines = (body: string): string[] =>
  body.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
const isRun = (block: Block): boolean =>
  !codeLines(block.body).some((line) => onlyNamed.test(line));
const isGuide = ({ document }: Block): boolean => document.startsWith('docs/guide/');
const shell = blocks.filter((block) => block.language === 'sh' && !isGuide(block));

describe('commands', () => {
  /** Whoever types the command and sees something else; whoever believes the output. */
  test.concurrent.each(shell.filter(isRun).map((block) => [titleOf(block), block] as const))(
    '%s prints what is shown',
    async (_title, block) => {
      const printed = await run(block.body);
      if (block.output === null) throw new Error('no output is shown');
      shows(block.output, printed);
    },
    120_000,
  );

  /** The first command that a reader tries on a fresh checkout. */
  test('every npm script that a document names exists', () => {
    const named = shell.flatMap((block) =>
      [...block.body.matchAll(/npm (?:run (?:-s )?(\S+)|(start|test)\b)/g)].map(
        (m) => m[1] ?? m[2],
      ),
    );
    expect(named).not.toEqual([]);
    expect([...new Set(named)].filter((name) => !((name as string) in scripts))).toEqual([]);
  });

  const hasPython =
    process.platform === 'linux' && spawnSync('python3', ['--version']).status === 0;
  /** A reader who does not believe the simulator and asks the kernel. */
  test
    .runIf(hasPython)
    .each(
      blocks
        .filter(({ language }) => language === 'python')
        .map((block) => [titleOf(block), block]),
    )('%s prints on this kernel what is shown', (_title, block) => {
    const { stdout, stderr } = spawnSync('python3', ['-u', '-c', block.body], { encoding: 'utf8' });
    shows(block.output as Block, (stdout + stderr).trimEnd());
  });
});

const guides = documents.filter((document) =>
  blocks.some((b) => isGuide(b) && b.document === document),
);

describe('guides', () => {
  /** Who types what the guide says, in a folder of their own, with the package as it was installed. */
  test.concurrent.each(guides)(
    '%s can be followed, step by step',
    async (document) => {
      const reader = new Reader();
      const steps = blocks.filter((block) => block.document === document);
      try {
        for (const block of steps) await follow(reader, block);
      } finally {
        reader.leave();
      }
    },
    500_000,
  );
});

async function follow(reader: Reader, block: Block): Promise<void> {
  const { body, change, file, language, output } = block;
  if (file !== null) reader.write(file, `${asShown(read(file))}\n`);
  else if (change !== null) reader.change(change, body);
  else if (language === 'sh') {
    const printed = await reader.type(body);
    if (output === null || isShown(output.body, printed)) return;
    // Which lines are to be left out, nobody can tell but who writes the guide.
    if (/^…$/m.test(output.body)) expect.fail(`${titleOf(block)}: printed was\n${printed}`);
    shows(output, printed);
  }
}

interface Link {
  readonly document: string;
  readonly text: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** The document without its fenced blocks. */
const prose = (document: string): string => read(document).replaceAll(/^```[\s\S]*?^```$/gm, '');

const links: Link[] = documents.flatMap((document) =>
  [...prose(document).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)]
    .map(([, text, target]) => ({ text: text as string, target: target as string }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .map(({ text, target }) => {
      const [path = '', anchor] = target.split('#');
      const folder = dirname(join(root, document));
      const whole = path === '' ? join(root, document) : resolve(folder, path);
      return { document, text, path: relative(root, whole), anchor };
    }),
);

/** The anchor that a heading gets. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const anchorsOf = (document: string): string[] =>
  [...prose(document).matchAll(/^#+ (.*)$/gm)].map((match) => slug(match[1] as string));

const shown = ({ document, text, path, anchor }: Link): string =>
  `${document}: [${text}] → ${path}${anchor === undefined ? '' : `#${anchor}`}`;

describe('links', () => {
  /** A reader who follows a link into a file that was renamed. */
  test('every link leads to a file, or to a heading, that exists', () => {
    const broken = links.filter(({ path, anchor }) => {
      if (!existsSync(join(root, path))) return true;
      return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).includes(anchor);
    });
    expect(broken.map(shown)).toEqual([]);
  });

  /** Whoever reads the documents in node_modules, or on the page of the registry. */
  test('what the documents of the package link to is in the package', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const always = ['package.json'];
    const isIn = (path: string): boolean =>
      [...files, ...always].some((one) => path === one || path.startsWith(`${one}/`));
    expect(links.filter(({ document, path }) => isIn(document) && !isIn(path)).map(shown)).toEqual(
      [],
    );
  });

  /** A reader of architecture.md who looks for a function where it no longer is. */
  test('a link named after a function leads to the file that defines it', () => {
    const named = links.filter(({ text, path }) => /^`\w+`$/.test(text) && path.endsWith('.ts'));
    const missing = named.filter(({ text, path }) => {
      const name = text.slice(1, -1);
      const kinds = 'function\\*? |const |let |class |abstract class |interface |type ';
      const defined = new RegExp(`^(?:export )?(?:${kinds})${name}\\b|^  \\*?${name}\\(`, 'm');
      return !defined.test(read(path));
    });
    expect(named.length).toBeGreaterThan(10);
    expect(missing.map(shown)).toEqual([]);
  });

  /** A user who looks up in docs/limits.md why the model and the kernel disagree. */
  test('docs/limits.md leads to every file that says how it differs from Linux', () => {
    const listed = new Set(
      links.filter(({ document }) => document === 'docs/limits.md').map((l) => l.path),
    );
    const differing = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((name) => `src/${name}`)
      .filter((path) => path.endsWith('.ts') && statSync(join(root, path)).isFile())
      .filter((path) => /^ \* Differs from Linux:/m.test(read(path)));
    expect(differing.filter((path) => !listed.has(path))).toEqual([]);
  });
});
