/**
 * A plugin for vitest that makes programs tell what their threads share, as the command does it: then
 * checkTest() runs far fewer executions.
 *
 *     export default defineConfig({ plugins: [epollsim()] }); // in vitest.config.ts
 *
 * Rewritten is every module of the project that vitest loads as a module; packages are not. What
 * cannot be rewritten is taken to share all it can.
 */
import { fileURLToPath } from 'node:url';
import { ownModules } from '../shared/home.ts';
import { rewrite } from '../shared/rewrite.ts';

/** As much of a plugin of Vite as there is to it. */
export interface EpollsimPlugin {
  /** What Vite calls it. */
  readonly name: string;
  /** After what makes JavaScript of TypeScript. */
  readonly enforce: 'post';
  /**
   * The module `id`, whose JavaScript is `code`, rewritten with a source map; null if it stays as
   * it is.
   */
  transform(code: string, id: string): { code: string; map: string | null } | null;
}

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const told = fileURLToPath(new URL(`../sim/told.${ending}`, import.meta.url));
const own = fileURLToPath(ownModules);

const isModule = (path: string): boolean => /\.[cm]?[jt]sx?$/.test(path);

/** The plugin, for `plugins` in the configuration of vitest. */
export const epollsim = (): EpollsimPlugin => ({
  name: 'epollsim',
  enforce: 'post',
  transform(code, id) {
    const [path = ''] = id.split('?');
    const isTheirs = isModule(path) && !path.includes('/node_modules/') && !path.startsWith(own);
    return isTheirs && !path.startsWith('\0') ? rewrite(code, told) : null;
  },
});

export default epollsim;
