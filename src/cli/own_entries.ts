/** What a program imports from this package, and where it is: the code that runs the command. */

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const urlOf = (path: string): string => new URL(`../${path}.${ending}`, import.meta.url).href;

/** By the names that programs import them by. Tests have `epollsim/vitest`, and no command runs them. */
export const ownEntries: ReadonlyMap<string, string> = new Map([
  ['epollsim', urlOf('index')],
  ['epollsim/async', urlOf('async/index')],
  ['epollsim/node', urlOf('node/index')],
]);
