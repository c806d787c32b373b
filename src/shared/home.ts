/** Where the package lies: the sources run from src/, what is built from them from dist/src/. */

const fromSource = import.meta.url.endsWith('.ts');

/** The folder of its modules, which is src or dist/src. */
export const ownModules: string = new URL('../', import.meta.url).href;

/** A file or folder of the package, by its path from package.json. */
export const packageFile = (path: string): URL =>
  new URL(path, new URL(fromSource ? '../../' : '../../../', import.meta.url));
