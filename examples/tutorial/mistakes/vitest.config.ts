/** The mistakes of this folder, each of which is a test that fails. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  // In the project that these examples belong to, the package is src/.
  ssr: { resolve: { conditions: ['epollsim:src', 'node', 'import', 'default'] } },
  test: {
    include: ['examples/tutorial/mistakes/*.test.ts'],
    // Nothing is kept of what is to fail again.
    env: { CI: '1' },
    // What is found does not hang on how busy the machine is.
    testTimeout: 60_000,
  },
});

export default config;
