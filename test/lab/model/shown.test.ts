/** The runs that grades show, as the bench has them. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { shownBy } from '../../../lab/model/shown.ts';
import { task as lastLook } from '../../../lab/tasks/13/task.ts';
import shared from '../../../lab/tasks/13/wrong-shared.ts';
import { tasks } from '../../../lab/tasks/index.ts';
import type { Grade } from '../../../lab/tasks/task.ts';

const folder = fileURLToPath(new URL('../../../lab/tasks/', import.meta.url));
const folderOf = (number: number): string => `${folder}${String(number).padStart(2, '0')}/`;

/** The grade of something wrong that fails along a schedule; task 1 has none. */
async function failingGrade(number: number): Promise<Grade> {
  const task = tasks.find((one) => one.number === number);
  for (const file of readdirSync(folderOf(number)).filter((name) => name.startsWith('wrong-'))) {
    const { default: solution } = await import(folderOf(number) + file);
    const grade = task?.grade(solution) as Grade;
    if (grade.schedule !== null) return grade;
  }
  throw new Error(`nothing that is wrong in lab ${number} has a schedule`);
}

/** A bench that shows another run than the one that failed, or stops half way. */
test.each(tasks.map(({ number }) => number).slice(1))(
  'something wrong in a solution of lab %i fails on the bench as in the check',
  { timeout: 60_000 },
  async (number) => {
    const grade = await failingGrade(number);
    const { asleep, error, verdict } = shownBy(grade);
    expect(error ?? '').not.toMatch(/ScheduleMismatch/);
    expect(error !== null || asleep.length > 0).toBe(true);
    expect(verdict).toEqual(grade.words);
  },
);

/** What the threads see in a variable depends on when the code behind a call runs. */
test('threads that share a variable go the same way on the bench', { timeout: 60_000 }, () => {
  const { asleep, error } = shownBy(lastLook.grade(shared));
  expect(error).toBe(null);
  expect(asleep).toEqual(['main in epoll_wait']);
});

test('a grade without a schedule is shown in no run', () => {
  const grade = tasks[0]?.grade(() => undefined as never) as Grade;
  expect(() => shownBy(grade)).toThrow(grade.words.en);
});
