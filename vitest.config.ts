import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/matchers.ts'],
    // No test leaves anything behind at module level, so the files of a worker share their modules.
    isolate: false,
  },
});

export default config;
