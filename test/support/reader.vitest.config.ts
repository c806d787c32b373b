/** For vitest in the folder of a reader: the package's name leads to its sources. */
import { existsSync, readFileSync } from 'node:fs';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { epollsim } from '../../src/vitest/plugin.ts';

/** What a reader writes may name the plugin, which would be looked for in what is built. */
const own = 'vitest.config.ts';
const text = existsSync(own) ? readFileSync(own, 'utf8') : '';
const timeout = /testTimeout: ([\d_]+)/.exec(text)?.[1]?.replaceAll('_', '') ?? '5000';

const config: ViteUserConfig = defineConfig({
  plugins: text.includes('epollsim()') ? [epollsim()] : [],
  test: { testTimeout: Number(timeout) },
  ssr: { resolve: { conditions: ['epollsim:src', 'node', 'import', 'default'] } },
});

export default config;
