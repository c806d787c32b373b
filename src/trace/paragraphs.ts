/** Text for persons, broken into lines anew. */

/** The words of a text, in lines of a width; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += line === '' ? word : ` ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** The paragraphs of a text, each in lines of a width. */
export const paragraphs = (text: string, width: number): string[][] =>
  text
    .split(/\n\s*\n/)
    .map((paragraph) => wrapped(paragraph, width))
    .filter((lines) => lines.length > 0);
