/**
 * Builds player.c with the machine's C compiler, once: the program is kept in the user's cache
 * folder under the hash of its source.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Something cannot be played here; the message says why. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

const source = fileURLToPath(new URL('player.c', import.meta.url));

/** The path of the player; throws `Unavailable` where there can be none. */
export function builtPlayer(): string {
  if (process.platform !== 'linux') {
    throw new Unavailable(`this is ${process.platform}, not Linux`);
  }
  if (process.arch !== 'x64') {
    throw new Unavailable(`this is ${process.arch}, and the player knows x86-64 only`);
  }
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const player = join(cacheFolder(), `player-${hash}`);
  if (!existsSync(player)) compile(player);
  return player;
}

function compile(player: string): void {
  const fresh = `${player}.${process.pid}`;
  const tried = process.env['CC'] ? [process.env['CC']] : ['cc', 'gcc', 'clang'];
  for (const compiler of tried) {
    const args = ['-O2', '-o', fresh, source, '-pthread'];
    const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') continue;
    if (error !== undefined) throw new Unavailable(`${compiler}: ${error.message}`);
    if (status !== 0) {
      const [first = ''] = stderr.split('\n').filter((line) => line.includes('error'));
      throw new Unavailable(`${compiler} cannot build the player: ${first}`);
    }
    renameSync(fresh, player);
    return;
  }
  throw new Unavailable(`there is no C compiler (looked for ${tried.join(', ')})`);
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  const own = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'epollsim');
  const other = join(tmpdir(), `epollsim-${userInfo().uid}`);
  for (const folder of [own, other]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK | constants.X_OK);
      return folder;
    } catch {
      // The next one.
    }
  }
  throw new Unavailable(`no folder for the player: neither ${own} nor ${other} can be written`);
}
