/**
 * `epollsim kit`: packs the conformance kit. The same input gives the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'fflate';
import { packTar, type TarEntry } from 'modern-tar';
import { kit } from '../src/cli/commands/kit.ts';
import { type ExitCode, exitCodes, FileError, reasonOf } from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { listOf, readOptions, textOf } from '../src/cli/options.ts';
import { Progress } from '../src/cli/progress.ts';
import { packageFile } from '../src/shared/home.ts';
import { corpusFolder } from './corpus.ts';
import { type KitFile, kitFiles } from './kit/kit.ts';

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
  const { values } = readOptions(argv, kit);
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
  const packed = { file: out, files: files.length, bytes: bytes.length };
  const said = `${out}: ${files.length} files, ${bytes.length} bytes`;
  console.log(values['json'] === true ? JSON.stringify(packed) : said);
  return exitCodes.done;
}
