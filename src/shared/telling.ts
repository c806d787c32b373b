/** The calls that a rewritten module makes of ../sim/told.ts, each without its last argument. */
import { type Any, nameOf, quoted } from './trackable.ts';

/** What is put in front of a use, by what it does; each is a call whose last argument is to come. */
export interface Telling {
  /** The object itself is looked at; it gets another name that is told of; it may go anywhere. */
  readonly lend: string;
  readonly lead: string;
  readonly alias: string;
  /** In front of an object of which something is looked at, or to which something is done. */
  look(place: string): string;
  use(place: string, method: string): string;
  /** In front of what goes into it; and of what came out of it, which gets a name or goes anywhere. */
  readonly pass: string;
  readonly found: string;
  readonly got: string;
}

export const ofShared = (node: Any, number: number, changes: boolean): Telling => {
  const plain = `${number},${quoted(node)},${changes},`;
  return {
    lend: `lend(${plain}`,
    lead: `lead(${plain}`,
    alias: `alias(${plain}`,
    look: (place) => `look(${number},${place},`,
    use: (place, method) => `use(${number},${place},${method},`,
    pass: `pass(${number},`,
    found: `found(${number},`,
    got: `got(${number},`,
  };
};

export const ofLocal = (node: Any): Telling => ({
  lend: `glance(${quoted(node)},`,
  lead: '',
  alias: 'hand(',
  look: (place) => `glance(${place},`,
  use: (place, method) => `reach(${place},${method},`,
  pass: `into(${nameOf(node)},`,
  found: '',
  got: `came(${nameOf(node)},`,
});
