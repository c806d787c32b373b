/** What is written, and on what it runs, as the fragment of an address, `#write=…`. */
import type { KernelChoice } from 'epollsim';
import { isText, isTexts, objectIn, packed, unpacked } from '../fragment.ts';

export interface Writing {
  readonly text: string;
  readonly kernels: readonly [KernelChoice, KernelChoice];
  /** The first steps on the first kernel; the others follow as they come. */
  readonly steps: readonly string[];
}

const key = 'write';

export const fragmentOf = (writing: Writing): Promise<string> => packed(key, writing);

/** What a fragment holds; null where it is none, or is damaged. */
export async function writingIn(fragment: string): Promise<Writing | null> {
  const found = await unpacked(key, fragment);
  return isWriting(found) ? found : null;
}

function isWriting(found: unknown): found is Writing {
  const writing = objectIn(found);
  if (writing === null) return false;
  const { kernels, steps, text } = writing;
  const areKernels = Array.isArray(kernels) && kernels.length === 2 && kernels.every(isKernel);
  return areKernels && isText(text) && isTexts(steps);
}

function isKernel(found: unknown): found is KernelChoice {
  const choice = objectIn(found);
  if (choice === null) return false;
  const { kernel, with: added, without } = choice;
  return (
    (kernel === undefined || isText(kernel)) &&
    [added, without].every((one) => one === undefined || isTexts(one))
  );
}
