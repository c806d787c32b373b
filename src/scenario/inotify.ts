/** Events of inotify as a scenario shows them. */
import * as inotify from '../kernel/uapi/inotify.ts';
import { flagNames, tableOf } from '../kernel/uapi/names.ts';

const maskNames = tableOf(inotify, /^IN_/, [
  'IN_CLOSE',
  'IN_MOVE',
  'IN_ALL_EVENTS',
  'IN_CLOEXEC',
  'IN_NONBLOCK',
]);

export interface InotifyEvent {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  /** Empty for the watched file itself. */
  readonly name: string;
}

/**
 * "1 IN_CREATE|IN_ISDIR name". Cookies are numbers of the machine's own: "#1" is the first of one
 * read, "#2" the second.
 */
export function shownInotify(events: readonly InotifyEvent[]): readonly string[] {
  const cookies = [...new Set(events.map(({ cookie }) => cookie))].filter((cookie) => cookie !== 0);
  return events.map(({ wd, mask, cookie, name }) => {
    const words = [String(wd), flagNames(maskNames, mask)];
    if (name !== '') words.push(name);
    if (cookie !== 0) words.push(`#${cookies.indexOf(cookie) + 1}`);
    return words.join(' ');
  });
}
