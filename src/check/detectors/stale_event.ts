/**
 * epoll_wait() told of a descriptor that the process had closed: the item lives as long as the open
 * file, which a dup() or a child keeps open. Worse if the number stands for another file by then.
 */
import type { Detector } from './problem.ts';

export const staleEvent: Detector = ({ observations }) => {
  const causes = new Set<string>();
  return (observations?.stale ?? []).flatMap(({ task, item, file, fd, now, holders }) => {
    const cause = `stale-event: ${item}, ${now === null ? 'closed' : 'another file'}`;
    if (causes.has(cause)) return [];
    causes.add(cause);
    const state =
      now === null
        ? `which ${task} does not have open any more`
        : `which is ${now} by now, another file than was added`;
    return [
      {
        kind: 'stale-event',
        severity: 'bug',
        sentence: `epoll_wait told ${task} of descriptor ${fd} (${item}), ${state}.`,
        tasks: [task],
        objects: [item],
        cause,
        details: [
          holders.length === 0
            ? `nobody has the ${file} open under a number`
            : `the ${file} that was added lives on: ${holders.join(', ')}`,
        ],
      },
    ];
  });
};
