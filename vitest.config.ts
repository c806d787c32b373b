import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  // Examples import the package by its name; here that is src/, not dist/.
  ssr: { resolve: { conditions: ['epollsim:src', 'node', 'import', 'default'] } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // Those of tutorials fail, as they are to (test/examples/tutorial.test.ts); those of guides begin with
    // a bug: test/docs.test.ts runs them, and mends it on the way.
    exclude: [...configDefaults.exclude, 'examples/tutorial/mistakes/**', 'examples/guide/**'],
    setupFiles: ['test/support/matchers.ts'],
    // No test leaves anything behind at module level, so the files of a worker share their modules.
    isolate: false,
    // Much of the time goes to commands that are waited for: each core has a worker of its own.
    maxWorkers: '100%',
    // A busy machine takes long: what hangs is told from it by half a minute, not by five seconds.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});

export default config;
