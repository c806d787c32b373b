/** What the reading of a log points out: kinds, levels, and the words. */

/**
 * `bug`: the log shows that something goes wrong. `suspicious`: what the program does goes wrong if
 * the other side does what it may. `information`: it costs something, or is worth knowing.
 */
export type Level = 'bug' | 'suspicious' | 'information';

/** What a log can show, in a word. */
export type FindingKind =
  | 'edge-unread'
  | 'accept-once'
  | 'write-spin'
  | 'hangup-spin'
  | 'read-spin'
  | 'closed-registered'
  | 'control-error'
  | 'oneshot-forgotten'
  | 'busy-loop'
  | 'thundering-herd';

/** Something that a log shows. */
export interface Finding {
  /** What kind of thing it is. */
  readonly kind: FindingKind;
  /** How bad it is. */
  level: Level;
  /** How often it was seen. */
  times: number;
  /** Of the first occurrences, the lines that show it, the first one first. */
  readonly lines: number[];
  /** What was seen, of the first occurrence, and what comes of it. */
  what: string;
  /** What to do about it. */
  readonly cure: string;
}

export const cures: Readonly<Record<FindingKind, string>> = {
  'edge-unread':
    'read until EAGAIN, or until a read of a stream is short, before the next epoll_wait()',
  'accept-once':
    'accept until EAGAIN (the listener has to be non-blocking), or register it level-triggered',
  'write-spin': 'ask for EPOLLOUT only while there is something to write that did not fit',
  'hangup-spin':
    'close the descriptor, or EPOLL_CTL_DEL it: EPOLLHUP and EPOLLERR cannot be masked',
  'read-spin': 'read what there is, or take EPOLLIN out of the mask while it is not wanted',
  'closed-registered':
    'EPOLL_CTL_DEL before close() where a copy of the descriptor (dup, fork, SCM_RIGHTS) stays open',
  'control-error': 'keep note of what is registered, and EPOLL_CTL_DEL before close()',
  'oneshot-forgotten': 'EPOLL_CTL_MOD re-arms an item with EPOLLONESHOT, after each of its events',
  'busy-loop': 'let epoll_wait() sleep: a timeout of 0 is for a loop that has other work to do',
  'thundering-herd':
    'EPOLLEXCLUSIVE, a listener for each thread (SO_REUSEPORT), or one epoll instance for all',
};

const order: readonly Level[] = ['bug', 'suspicious', 'information'];

/** Lines that are kept of each. */
const mostLines = 12;

export class Findings {
  private readonly found: Map<string, Finding> = new Map();

  /** Once more, or for the first time; `key` tells apart what is not the same mistake. */
  add(
    kind: FindingKind,
    key: string,
    level: Level,
    lines: readonly number[],
    what: string,
  ): Finding {
    const id = `${kind} ${key}`;
    const known = this.found.get(id);
    if (known === undefined) {
      const finding: Finding = {
        kind,
        level,
        times: 1,
        lines: [...new Set(lines)],
        what,
        cure: cures[kind],
      };
      this.found.set(id, finding);
      return finding;
    }
    known.times++;
    if (order.indexOf(level) < order.indexOf(known.level)) {
      known.level = level;
      known.what = what;
      known.lines.unshift(...lines.filter((line) => !known.lines.includes(line)));
    } else {
      for (const line of lines) if (!known.lines.includes(line)) known.lines.push(line);
    }
    if (known.lines.length > mostLines) known.lines.length = mostLines;
    return known;
  }

  /** The worst first, then in the order of the log. */
  all(): Finding[] {
    for (const { lines } of this.found.values()) lines.sort((a, b) => a - b);
    return [...this.found.values()].sort(
      (a, b) =>
        order.indexOf(a.level) - order.indexOf(b.level) || (a.lines[0] ?? 0) - (b.lines[0] ?? 0),
    );
  }
}
