/** What is printed to be pasted is source. */
import { expect, test } from 'vitest';
import { readSchedule } from '../../src/check/schedule_text.ts';
import { pasteable } from '../../src/vitest/finding_text.ts';

/** The sentence of a finding, with whatever the program's author writes, stands in the schedule. */
test('a schedule is the same after it was pasted, whatever stands in it', () => {
  const about = ['`a`', '$', '{b}', '\\n'].join('');
  const schedule = `# epollsim schedule 1\n# kernel 6.18\n# about ${about}\nmain: start\n`;
  const pasted = new Function(`return { ${pasteable(schedule)} }.schedule;`)() as string;
  expect(readSchedule(pasted.trim())).toEqual(readSchedule(schedule));
});
