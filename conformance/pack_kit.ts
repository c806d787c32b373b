/**
 * `epollsim kit`: packs the conformance kit. The same input gives the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'fflate';
import { packTar, type TarEntry } from 'modern-tar';
import { type ExitCode, exitCodes, FileError, reasonOf, UsageError } from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { listOf, readOptions, textOf } from '../src/cli/options.ts';
import { Progress } from '../src/cli/progress.ts';
import { packageFile } from '../src/shared/home.ts';
import { corpusFolder } from './corpus.ts';
import { type KitFile, kitFiles } from './kit/kit.ts';

const help = `usage: epollsim kit [options]

Packs the corpus with its transcripts, a player in C and a driver for a shell into one archive.

  -o, --out FILE    where to (default: epollsim-conformance-VERSION.tar.gz)
      --group NAME  only this group of the corpus; several with commas between
      --corpus DIR  another corpus, as epollsim conform --record --corpus DIR makes it
  -h, --help        this text
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

/** The verb; throws a UsageError for what is no option, a FileError where it cannot be written. */
export async function packKit(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = readOptions(argv, table);
  const [, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`kit: expected no file, found "${rest[0]}"`);
  if (values['help'] === true) {
    process.stdout.write(help);
    return exitCodes.done;
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
  return exitCodes.done;
}
