/** Random scenarios of one profile as an arbitrary of fast-check: made by it, and cut down by it. */
import * as fc from 'fast-check';
import type { KernelChoice } from '../../src/kernel/history.ts';
import type { Profile } from './actions.ts';
import { Dice } from './dice.ts';
import type { Document } from './document.ts';
import { repaired } from './repair.ts';
import { smaller } from './shrink.ts';

export class Scenarios extends fc.Arbitrary<Document> {
  private readonly profile: Profile;
  private readonly name: string;
  private readonly kernel: KernelChoice;

  constructor(profile: Profile, name: string, kernel: KernelChoice) {
    super();
    this.profile = profile;
    this.name = name;
    this.kernel = kernel;
  }

  override generate(random: fc.Random): fc.Value<Document> {
    const document = this.profile(new Dice(random), this.name);
    return new fc.Value(repaired(document, this.kernel), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Document {
    return typeof value === 'object' && value !== null && 'steps' in value;
  }

  override shrink(document: Document): fc.Stream<fc.Value<Document>> {
    return fc.stream(valuesOf(smaller(document)));
  }
}

function* valuesOf(documents: Iterable<Document>): Generator<fc.Value<Document>> {
  for (const document of documents) yield new fc.Value(document, undefined);
}

/** The seed of one scenario, from that of the run: each can be made without the others. */
export function seedOf(seed: number, profile: string, index: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${profile}-${seed}-${index}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
