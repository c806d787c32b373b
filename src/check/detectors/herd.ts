/**
 * Tasks that were woken for an event and found nothing, because another one had been quicker: each
 * such wakeup costs two switches of a CPU. Counted, and no bug.
 */
import type { Detector } from './problem.ts';
import { distinct, listed } from './scene.ts';

export const herd: Detector = ({ observations }) => {
  const vain = observations?.vain ?? [];
  if (vain.length === 0) return [];
  const tasks = distinct(vain.map(({ task }) => task.comm));
  const objects = distinct(vain.map(({ on }) => on));
  const times = vain.length === 1 ? 'once' : `${vain.length} times`;
  return [
    {
      kind: 'herd',
      severity: 'information',
      sentence: `${listed(tasks)} ${tasks.length === 1 ? 'was' : 'were'} woken and found nothing, ${times}.`,
      tasks,
      objects,
      cause: 'herd',
      details: vain.map(({ task, on }) => `${task.comm} on ${on}`),
      count: vain.length,
    },
  ];
};
