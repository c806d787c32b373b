/** Choices, from fast-check's random numbers: the same seed makes the same ones everywhere. */
import type { Random } from 'fast-check';

const unit = 0x7fffffff;

export class Dice {
  private readonly source: Random;

  constructor(source: Random) {
    this.source = source;
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return this.source.nextInt(low, high);
  }

  chance(probability: number): boolean {
    return this.source.nextInt(0, unit) < probability * unit;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.int(0, from.length - 1)] as T;
  }

  /** Picks by weight: `[[value, weight], …]`. */
  weighted<T>(from: readonly (readonly [T, number])[]): T {
    const total = from.reduce((sum, [, weight]) => sum + weight, 0);
    let at = (this.source.nextInt(0, unit) / unit) * total;
    for (const [value, weight] of from) {
      at -= weight;
      if (at < 0) return value;
    }
    return (from.filter(([, weight]) => weight > 0).at(-1) as readonly [T, number])[0];
  }

  shuffle<T>(from: readonly T[]): T[] {
    const list = [...from];
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [list[i], list[j]] = [list[j] as T, list[i] as T];
    }
    return list;
  }
}
