/** Somebody who follows a guide: an empty folder in which the package is installed, and a shell. */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { changed, withoutTimes } from '../../scripts/package/readme.ts';
import { root } from './tidy.ts';

/** Not CI, where vitest keeps no schedules; and not the vitest that runs this. */
const environment = { PATH: process.env.PATH ?? '', HOME: tmpdir(), NO_COLOR: '1' };

const vitestConfig = join(root, 'test/support/reader.vitest.config.ts');

/** What `npx` would start, from the sources as they are. */
const started = (command: string): string =>
  command
    .replaceAll(
      /\bnpx epollsim(?= |$)/gm,
      `node --conditions=epollsim:src --import=${join(root, 'node_modules/tsx/dist/loader.mjs')} ${join(root, 'bin/epollsim.ts')}`,
    )
    .replaceAll(
      /\bnpx vitest run(?= |$)/gm,
      `node ${join(root, 'node_modules/vitest/vitest.mjs')} run --root . --config ${vitestConfig}`,
    );

/** What installs; the folder has it already. */
const installs = /^npm (init|install|pkg) /;

export class Reader {
  private readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'epollsim-guide-')));

  constructor() {
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(root, join(this.folder, 'node_modules/epollsim'));
    symlinkSync(join(root, 'node_modules/vitest'), join(this.folder, 'node_modules/vitest'));
    writeFileSync(join(this.folder, 'package.json'), '{"type":"module"}\n');
  }

  /** Writes a file under its last name. */
  write(path: string, text: string): void {
    writeFileSync(join(this.folder, basename(path)), text);
  }

  /** Makes a change in a file; throws an Error where it does not fit. */
  change(path: string, diff: string): void {
    this.write(path, changed(readFileSync(join(this.folder, basename(path)), 'utf8'), diff));
  }

  /** Types commands; gives what they print, on both streams. Throws an Error where the shell is ended by a signal. */
  type(commands: string): Promise<string> {
    const lines = commands.split('\n').filter((line) => !installs.test(line));
    return new Promise((done, fail) => {
      execFile(
        'sh',
        ['-c', `exec 2>&1\n${started(lines.join('\n'))}`],
        { cwd: this.folder, env: environment, timeout: 300_000, maxBuffer: 1 << 26 },
        (error, out) => {
          if (error !== null && typeof error.code !== 'number') fail(error);
          else done(this.asSeen(out));
        },
      );
    });
  }

  /** What is printed where the package lies in node_modules. */
  private asSeen(out: string): string {
    const printed = out
      .replaceAll(`${this.folder}/`, '')
      .replaceAll(this.folder, '.')
      .replaceAll(`${root}/`, 'node_modules/epollsim/');
    return withoutTimes(printed).trimEnd();
  }

  leave(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
