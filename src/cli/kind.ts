/** What a file is shows in its content: scenarios in JSON, or a program. */
import { FileError } from './errors.ts';
import type { Input } from './input.ts';

const beginsLikeScenario = (text: string): boolean => /^\s*\{/.test(text);

const speaksOfModules =
  /(?:^|;)\s*(?:import|export|module\.exports|exports\.[\w$]+)\b|\brequire\s*\(\s*['"]/m;

/** Programs import and export; anything else is taken for a scenario that is malformed. */
const looksLikeProgram = (text: string): boolean =>
  !beginsLikeScenario(text) && speaksOfModules.test(text);

/** Is the file called as modules are? */
export const isModule = (path: string): boolean => /\.[cm]?[jt]s$/.test(path);

/** Is so much of the text enough to tell? */
const decides = (text: string): boolean => beginsLikeScenario(text) || looksLikeProgram(text);

/** A file that is called one, and is no scenario, is a program that is malformed. */
export const isProgram = (path: string, text: string): boolean =>
  looksLikeProgram(text) || (isModule(path) && !beginsLikeScenario(text));

/** What is to be read from `path`; throws a FileError for what is no text. */
export function kindOf(path: string, input: Input): 'program' | 'scenarios' {
  const beginning = input.peek(decides);
  if (beginning.includes('\0')) {
    throw new FileError(
      `${input.name}: expected a program or scenarios in JSON, found binary data`,
    );
  }
  return isProgram(path, beginning) ? 'program' : 'scenarios';
}
