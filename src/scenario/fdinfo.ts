/** What a scenario shows of /proc/PID/fdinfo/FD: all but what is a machine's own. */
import { EPOLLWAKEUP } from '../kernel/uapi/eventpoll.ts';

const ownLine = /^(?:mnt_id|ino|tty-index):/;
const ownField = /\s*\b(?:ino|sdev|pos):\s*[0-9a-f]+(?=\s|$)/g;

const eventsField = /(?<=^tfd: .* events: )([0-9a-f]+)/;

/** Without EPOLLWAKEUP: whether it is kept hangs on a capability and on how the kernel was built. */
const shownEvents = (events: string): string =>
  ((Number.parseInt(events, 16) & ~EPOLLWAKEUP) >>> 0).toString(16);

/** The number of a `tfd:` line. */
const watched = (line: string): number => Number(/^tfd: (\d+)/.exec(line)?.[1] ?? -1);

/**
 * The lines, blanks as single spaces, without inode, device and mount numbers. What an epoll
 * instance watches is in the order of descriptors: that of the tree is one of addresses.
 */
export const shownFdinfo = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !ownLine.test(line))
    .map((line) => (line.startsWith('tfd:') ? line.replace(ownField, '') : line))
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .map((line) => line.replace(eventsField, (_, events: string) => shownEvents(events)))
    .sort((a, b) => watched(a) - watched(b) || (watched(a) < 0 ? 0 : a < b ? -1 : 1));
