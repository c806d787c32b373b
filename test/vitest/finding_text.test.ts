/** What is printed to be pasted is source. */
import { expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { readSchedule } from '../../src/check/schedule_text.ts';
import { KernelBug } from '../../src/kernel/bug.ts';
import { findingText, pasteable } from '../../src/vitest/finding_text.ts';

/** The sentence of a finding, with whatever the program's author writes, stands in the schedule. */
test('a schedule is the same after it was pasted, whatever stands in it', () => {
  const about = ['`a`', '$', '{b}', '\\n'].join('');
  const schedule = `# epollsim schedule 1\n# kernel 6.18\n# about ${about}\nmain: start\n`;
  const pasted = new Function(`return { ${pasteable(schedule)} }.schedule;`)() as string;
  expect(readSchedule(pasted.trim())).toEqual(readSchedule(schedule));
});

/** A failure of ten thousand lines, in which the sentence is lost. */
test('a schedule that is very long is not printed', () => {
  const long = (calls: number): string => {
    const { findings } = check(function* (sys) {
      const fd = yield* sys.eventfd2(0, 0);
      for (let i = 0; i < calls; i++)
        yield* sys.write(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
      sys.assert(false, 'the end');
    });
    return findings.map(findingText).join();
  };
  expect(long(10)).toContain('schedule: `');
  expect(long(600)).toMatch(/the schedule has 6\d\d lines, too many to paste/);
  expect(long(600).split('\n').length).toBeLessThan(100);
});

/** Who tests an event loop that is right must not look for the mistake in it. */
test('a finding says whether the kernel is at fault, and how to get past it', () => {
  const found = (threw: () => never): string =>
    check(function* () {
      threw();
    })
      .findings.map(findingText)
      .join();
  const fault = 'a bug of the kernel that is modelled, and none of the program';

  const ofKernel = found(() => {
    throw new KernelBug('use after free', 'eventpoll, by main');
  });
  const ofProgram = found(() => {
    throw new Error('no');
  });
  expect(ofKernel).toContain(`${fault}: another release may not have it (kernel: '7.3')`);
  expect(ofKernel).toContain("off: ['use-after-free'] leaves it out");
  expect(ofProgram).not.toContain(fault);
});
