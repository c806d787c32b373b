import { readFileSync } from 'node:fs';
import { readScenario, why, whyText } from 'epollsim';
import { expect, test } from 'vitest';

const text = readFileSync(new URL('pipe-every-write.json', import.meta.url), 'utf8');

/** Where it is not, the failure says why. */
test.each(['5.4', '6.18'])('the second write is told of on %s', (kernel) => {
  const answer = why(readScenario(text), { step: 6, kernel });

  expect(
    answer.findings.map(({ cause }) => cause),
    whyText(answer),
  ).toEqual(['told']);
});
