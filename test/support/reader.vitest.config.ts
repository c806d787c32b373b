/** For vitest in the folder of a reader: the package's name leads to its sources. */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  ssr: { resolve: { conditions: ['epollsim:src', 'node', 'import', 'default'] } },
});

export default config;
