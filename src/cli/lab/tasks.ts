/**
 * The tasks of the lab, from where they lie: lab/ in a checkout, dist/lab-tasks in the package. They are
 * no part of the sources, which know no more of them than what is here.
 */
import { fileURLToPath } from 'node:url';
import { packageFile } from '../../shared/home.ts';
import { importFile } from '../loader.ts';

/** A sentence in each of the lab's languages. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

export type Language = keyof Words;

/** What came of a solution: lab/tasks/task.ts. */
export interface Grade {
  readonly passed: boolean;
  readonly words: Words;
  readonly schedule: string | null;
  readonly story: string;
}

/** The task of a lab: lab/tasks/task.ts. */
export interface Task {
  readonly number: number;
  readonly title: Words;
  readonly signature: string;
  grade(solution: never): Grade;
}

/** How far somebody is with a lab: lab/model/progress.ts. */
export interface LabProgress {
  readonly lab: number;
  readonly predictions: readonly ({ readonly right: boolean } | null)[];
  readonly solution: string | null;
  readonly passed: boolean;
}

/** A hand-in. */
export interface Progress {
  readonly student: string;
  readonly labs: readonly LabProgress[];
}

const fromSource = import.meta.url.endsWith('.ts');

/** A module of the lab, by its path below lab/ without an ending. */
const moduleOf = (path: string): Promise<Readonly<Record<string, unknown>>> =>
  importFile(
    fileURLToPath(packageFile(fromSource ? `lab/${path}.ts` : `dist/lab-tasks/${path}.js`)),
  );

/** All tasks, in their order. */
export const loadTasks = async (): Promise<readonly Task[]> =>
  (await moduleOf('tasks/index'))['tasks'] as readonly Task[];

/** Reads hand-ins; what it throws for a file that is none is called ProgressError. */
export const loadProgressReader = async (): Promise<(text: string) => Progress> =>
  (await moduleOf('model/progress'))['readProgress'] as (text: string) => Progress;
