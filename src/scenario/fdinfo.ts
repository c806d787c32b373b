/** What a scenario shows of /proc/PID/fdinfo/FD: all but the numbers that are a machine's own. */

const ownLine = /^(?:mnt_id|ino):/;
const ownField = /\s*\b(?:ino|sdev|pos):\s*[0-9a-f]+(?=\s|$)/g;

/** The lines, blanks as single spaces, without inode, device and mount numbers. */
export const shownFdinfo = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !ownLine.test(line))
    .map((line) => (line.startsWith('tfd:') ? line.replace(ownField, '') : line))
    .map((line) => line.replace(/\s+/g, ' ').trim());
