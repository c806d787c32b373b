/** The address of the page, for whoever it is sent to. */
import type { UiWords } from './words.ts';

/** Copies it; what is to be said of that. */
export const copyAddress = (words: UiWords): Promise<string> =>
  navigator.clipboard
    .writeText(location.href)
    .then(() => words.copied)
    .catch(() => words.notCopied);
