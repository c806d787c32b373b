/** With the plugin, checkTest() knows what the threads of a program share. */
import { epollsim } from 'epollsim/vitest/plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({ plugins: [epollsim()] });
