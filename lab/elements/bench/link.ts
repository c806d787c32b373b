/** A moment as the fragment of an address, `#bench=…`. */
import { isText, isTexts, objectIn, packed, unpacked } from '../fragment.ts';

/** What a link leads to. */
export interface Place {
  /** A program of the site, by name; null where there is only a text. */
  readonly program: string | null;
  /** The program, where somebody has changed or written it. */
  readonly text?: string;
  readonly kernel?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  /** The steps that were taken; the others follow as they come. */
  readonly steps?: readonly string[];
  /** The lab whose task the text is a solution of. */
  readonly task?: number;
  /** How many moments have happened. */
  readonly at: number;
}

const key = 'bench';

export const fragmentOf = (place: Place): Promise<string> => packed(key, place);

/** What a fragment leads to; null where it is none, or is damaged. */
export async function placeIn(fragment: string): Promise<Place | null> {
  const found = await unpacked(key, fragment);
  return isPlace(found) ? found : null;
}

function isPlace(found: unknown): found is Place {
  const place = objectIn(found);
  if (place === null) return false;
  const { at, kernel, program, steps, task, text, with: added, without } = place;
  return (
    Number.isInteger(at) &&
    (program === null ? text !== undefined : /^[\w-]+$/.test(String(program))) &&
    (task === undefined || Number.isInteger(task)) &&
    [kernel, text].every((one) => one === undefined || isText(one)) &&
    [steps, added, without].every((one) => one === undefined || isTexts(one))
  );
}
