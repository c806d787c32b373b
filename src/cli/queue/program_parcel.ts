/** The parcel of a program: its modules as they were loaded here. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownModules } from '../../shared/home.ts';
import { ProgramError } from '../default_export.ts';
import { shownPath } from '../stack.ts';
import type { Noted, Notes } from './notes.ts';
import type { Parcel, ParcelModule, Target } from './parcel.ts';

const isPackage = (url: string): boolean => url.includes('/node_modules/');

/** The program that was loaded last; throws a ProgramError if a part of it cannot be sent. */
export function programParcel(notes: Notes, told: boolean): Parcel {
  const [entry, moduleAt] = notes.program();
  const numbers = new Map([[entry, 0]]);
  const targetOf = (url: string): Target | null => {
    if (url.startsWith(ownModules)) return { own: url.slice(ownModules.length) };
    if (!url.startsWith('file:') || isPackage(url)) return null;
    const number = numbers.get(url) ?? numbers.size;
    numbers.set(url, number);
    return number;
  };
  const modules: ParcelModule[] = [];
  for (const url of numbers.keys()) modules.push(moduleOf(url, moduleAt(url), targetOf));
  return { kind: 'program', told, modules };
}

function moduleOf(
  url: string,
  noted: Noted | null,
  targetOf: (url: string) => Target | null,
): ParcelModule {
  const path = fileURLToPath(url);
  const { format = 'none', source = '', imports = new Map<string, string>() } = noted ?? {};
  if (format !== 'module' && format !== 'json') {
    throw new ProgramError(
      `${shownPath(path)} cannot be sent to workers: expected an ES module, found format ${format}`,
    );
  }
  const targets: Record<string, Target> = {};
  for (const [specifier, to] of imports) {
    const target = targetOf(to);
    if (target !== null) targets[specifier] = target;
    else if (/^(?:[./]|file:)/.test(specifier)) {
      throw new ProgramError(
        `${shownPath(path)} cannot be sent to workers: it imports "${specifier}", a file of a package; ` +
          'import it by the name of the package, and install that where the workers run',
      );
    }
  }
  return { name: basename(path), shown: shownPath(path), format, source, imports: targets };
}
