/** The licences of the packages that the site has parts of, in a file beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** Found in the client's build and in that of the worker, which ends earlier. */
const inside = new Set<string>();

/** Looks at what a bundle is made of. */
export const licencesInside = (): Plugin => ({
  name: 'epollsim: licences inside',
  moduleParsed({ id }) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(id)?.[1];
    if (name !== undefined) inside.add(name);
  },
});

/** Writes LICENSES.txt. */
export function licences(): Plugin {
  return {
    name: 'epollsim: licences',
    generateBundle() {
      if (this.environment.name !== 'client') return;
      const source = [...inside].sort().map(licenceOf).join('\n');
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
    },
  };
}

function licenceOf(name: string): string {
  const folder = join(packages, name);
  const head = `${name}\n${'='.repeat(name.length)}\n`;
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file !== undefined) return `${head}\n${readFileSync(join(folder, file), 'utf8')}`;
  const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${head}\n${license}\n`;
}
