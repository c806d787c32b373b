/**
 * Packs the conformance kit: `npm run kit -- [--out FILE]`. The same input gives the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'fflate';
import { packTar, type TarEntry } from 'modern-tar';
import { corpusFolder } from '../conformance/corpus.ts';
import { type KitFile, kitFiles } from '../conformance/kit/kit.ts';
import { FileError, reasonOf, report } from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { listOf, readOptions, textOf } from '../src/cli/options.ts';
import { Progress } from '../src/cli/progress.ts';
import { packageFile } from '../src/shared/home.ts';

const help = `usage: npm run kit -- [options]

Packs the corpus with its transcripts, a player in C and a driver for a shell into one archive.

  -o, --out FILE    where to (default: epollsim-conformance-VERSION.tar.gz)
      --group NAME  only this group of the corpus; several with commas between
      --corpus DIR  another corpus, as epollsim conform --record --corpus DIR makes it
`;

const table = {
  out: { type: 'string', short: 'o' },
  group: { type: 'string', multiple: true },
  corpus: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** 1980, before which some archivers know no dates. */
const date = new Date(315532800_000);

/** The bytes of the archive, with all files in the folder `top`. */
export async function archive(top: string, files: readonly KitFile[]): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const entries = files.map(({ path, text, isProgram }): TarEntry => {
    const body = encoder.encode(text);
    const owner = { uid: 0, gid: 0, uname: 'root', gname: 'root' };
    const mode = isProgram ? 0o755 : 0o644;
    return {
      header: { name: `${top}/${path}`, size: body.length, mode, mtime: date, ...owner },
      body,
    };
  });
  return gzipSync(await packTar(entries), { level: 9, mtime: date });
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(argv, table);
  const [first] = positionals;
  if (values['help'] === true || first !== undefined) {
    process.stderr.write(help);
    return first === undefined ? 0 : 2;
  }
  const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    version: string;
  };
  const groups = listOf(values['group']);
  const corpus = textOf(values['corpus']);
  const progress = new Progress();
  const files = kitFiles({
    version,
    corpus: corpus === undefined ? corpusFolder : userPath(corpus),
    ...(groups.length === 0 ? {} : { groups }),
    progress: (name) => progress.show(() => `outcomes of ${name}`),
  });
  progress.clear();
  const top = `epollsim-conformance-${version}`;
  const out = userPath(textOf(values['out']) ?? `${top}.tar.gz`);
  const bytes = await archive(top, files);
  try {
    writeFileSync(out, bytes);
  } catch (error) {
    throw new FileError(`cannot write ${out}: ${reasonOf(error)}`);
  }
  console.log(`${out}: ${files.length} files, ${bytes.length} bytes`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2)).catch(report);
}
