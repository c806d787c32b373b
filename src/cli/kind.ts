/** What a file is shows in its content: scenarios in JSON, or a program. */

const beginsLikeScenario = (text: string): boolean => /^\s*\{/.test(text);

export const expected = 'expected a program or scenarios in JSON';

/** Programs import and export; anything else is taken for a scenario that is malformed. */
const looksLikeProgram = (text: string): boolean =>
  !beginsLikeScenario(text) && /^\s*(import|export)\b/m.test(text);

/** Is so much of the text enough to tell? */
export const decides = (text: string): boolean =>
  beginsLikeScenario(text) || looksLikeProgram(text);

/** A file that is called one, and is no scenario, is a program that is malformed. */
export const isProgram = (path: string, text: string): boolean =>
  looksLikeProgram(text) || (/\.[cm]?[jt]s$/.test(path) && !beginsLikeScenario(text));
