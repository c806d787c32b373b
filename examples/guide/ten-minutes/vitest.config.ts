import { epollsim } from 'epollsim/vitest/plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({ plugins: [epollsim()], test: { testTimeout: 30_000 } });
