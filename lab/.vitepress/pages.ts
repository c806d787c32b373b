/** Which labs there are: what the sidebar and the lists of labs are made from. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the site's pages. */
export const siteRoot: string = fileURLToPath(new URL('..', import.meta.url));

/** A page of a lab. */
export interface LabPage {
  readonly number: number;
  /** The name of the file, without its ending: `01-create`. */
  readonly name: string;
  readonly title: string;
}

const mark = '<p class="lab-number">';

/** The text of a lab, with its number and title above it. */
export function titled(text: string): string {
  const [head = ''] = /^---\n[\s\S]*?\n---\n/.exec(text) ?? [];
  const lab = /^lab: *(\d+)$/m.exec(head)?.[1];
  if (lab === undefined || text.includes(mark)) return text;
  const word = /\p{Script=Han}/u.test(titleOf(head) ?? '') ? '实验' : 'Lab';
  const above = `${mark}${word} ${lab}</p>\n\n# ${titleOf(head)}\n`;
  return `${head}\n${above}${text.slice(head.length)}`;
}

/** The labs of a folder below the site's, by number; none where there is no folder. */
export function labPages(folder: string): LabPage[] {
  const path = join(siteRoot, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => /^\d\d-.*\.md$/.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(path, file), 'utf8');
      const name = file.slice(0, -3);
      return { number: Number(name.slice(0, 2)), name, title: titleOf(text) ?? name };
    });
}

const titleOf = (text: string): string | undefined =>
  /^title: *["']?(.*?)["']? *$/m.exec(text)?.[1];
