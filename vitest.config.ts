import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  // Examples import the package by its name; here that is src/, not dist/.
  ssr: { resolve: { conditions: ['epollsim:src', 'node', 'import', 'default'] } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // These fail, as they are to: test/examples/tutorial.test.ts.
    exclude: [...configDefaults.exclude, 'examples/tutorial/mistakes/**'],
    setupFiles: ['test/support/matchers.ts'],
    // No test leaves anything behind at module level, so the files of a worker share their modules.
    isolate: false,
  },
});

export default config;
