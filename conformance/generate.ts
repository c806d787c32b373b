/**
 * Prints random scenarios; the same seed gives the same scenarios.
 *
 * usage: generate.ts --seed S --count N --profile P
 */
import { parseArgs } from 'node:util';
import { PROFILES } from './profiles.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '10' },
    profile: { type: 'string', default: 'basic' },
  },
});
const profile = PROFILES[values.profile];
if (profile === undefined) {
  throw new Error(`no profile "${values.profile}"; there are ${Object.keys(PROFILES).join(', ')}`);
}
for (let i = 0; i < Number(values.count); i++) {
  const name = `${values.profile}-${values.seed}-${i}`;
  process.stdout.write(`${JSON.stringify(profile(name, name))}\n`);
}
