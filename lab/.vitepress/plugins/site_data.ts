/** What the elements know of the model without loading it. */
import type { Plugin } from 'vite';
import { commits, defaultKernel, knownReleases } from '../../../src/kernel/history.ts';
import { labPages } from '../pages.ts';
import { scenarioKeys } from './scenario_keys.ts';
import { sourceFiles, sourceText } from './source_pages.ts';
import { typeFiles } from './types.ts';

/** Names of modules that are made here; lab/elements/modules.d.ts has their types. */
const modules: Readonly<Record<string, () => unknown>> = {
  'virtual:epollsim/functions': functionPlaces,
  'virtual:epollsim/labs': () => ({ en: labPages('labs'), zh: labPages('zh/labs') }),
  'virtual:epollsim/types': typeFiles,
  'virtual:epollsim/scenario-keys': scenarioKeys,
  'virtual:epollsim/kernels': () => ({
    releases: [...knownReleases].reverse(),
    newest: defaultKernel,
    commits: Object.entries(commits).map(([id, { release, title }]) => ({ id, release, title })),
  }),
};

/** For each source file the functions in it, and the line that each begins at. */
function functionPlaces(): Record<string, Record<string, number>> {
  const places: Record<string, Record<string, number>> = {};
  for (const file of sourceFiles()) {
    if (file.startsWith('sim/')) continue;
    for (const [i, line] of sourceText(file).split('\n').entries()) {
      const name = declaredIn(line);
      if (name !== null) (places[file] ??= {})[name] ??= i + 1;
    }
  }
  return places;
}

/** The function that a line declares; null if none. */
const declaredIn = (line: string): string | null =>
  /^(?:export )?function\*? (\w+)/.exec(line)?.[1] ??
  /^(?:export )?const (\w+)\b.*=>?\s*(?:\(|function|$)/.exec(line)?.[1] ??
  null;

export function siteData(): Plugin {
  return {
    name: 'epollsim: site data',
    resolveId: (id) => (id in modules ? `\0${id}` : null),
    load(id) {
      const make = modules[id.slice(1)];
      return id.startsWith('\0') && make !== undefined
        ? `export default ${JSON.stringify(make())};`
        : null;
    },
  };
}
