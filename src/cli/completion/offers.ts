/** What a shell can offer for a value, in words: what is known only when the script is made. */
import { detectorNames } from '../../check/detectors/index.ts';
import { commits, knownReleases } from '../../kernel/history.ts';
import { type Command, namesOf, type Offer, type Option, optionsOf } from '../commands/command.ts';
import { raceNames } from '../races.ts';

/** A word, and what it means; '' where that goes without saying. */
export type Word = readonly [word: string, meaning: string];

/** The words of what is offered by name; files and folders the shell knows itself. */
export type Offers = Readonly<Record<Exclude<Offer, 'file' | 'folder'>, readonly Word[]>>;

/** What there is now, in this version. */
export const offersOf = async (all: readonly Command[]): Promise<Offers> => ({
  release: knownReleases.map((release) => [release, '']),
  commit: Object.entries(commits).map(([id, { title }]) => [id, title]),
  detector: detectorNames.map((name) => [name, '']),
  race: raceNames().map((name) => [name, '']),
  verb: all.map(({ name, summary }) => [name, summary]),
});

/** What is to be offered in one place. */
export type Completion =
  | { readonly kind: 'file' | 'folder' | 'nothing' }
  | {
      readonly kind: 'words';
      readonly words: readonly Word[];
      /** Whose words they are; null for those of this place alone. */
      readonly offer: keyof Offers | null;
    };

/** For the value of an option, or the words behind a verb. */
export function completionOf(
  { choices, offers: offer }: Pick<Option, 'choices' | 'offers'>,
  offers: Offers,
): Completion {
  if (choices !== undefined) return { kind: 'words', words: wordsOf(choices), offer: null };
  if (offer === undefined) return { kind: 'nothing' };
  if (offer === 'file' || offer === 'folder') return { kind: offer };
  return { kind: 'words', words: offers[offer], offer };
}

function wordsOf(choices: NonNullable<Option['choices']>): Word[] {
  const texts: Readonly<Record<string, string>> = Array.isArray(choices)
    ? {}
    : (choices as Readonly<Record<string, string>>);
  return namesOf(choices).map((name) => [name, texts[name] ?? '']);
}

/** An option as shells name it. */
export interface Named extends Option {
  readonly name: string;
  /** `--format`, and `-f` if it has a letter. */
  readonly names: readonly string[];
}

/** All options of a verb. */
export const namedOptions = (command: Command): Named[] =>
  Object.entries(optionsOf(command)).map(([name, option]) => ({
    ...option,
    name,
    names: [`--${name}`, ...(option.short === undefined ? [] : [`-${option.short}`])],
  }));

/** A text for one line, without what a shell would take for something else. */
export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** What an option is for, as short as a list of them needs it: the first clause. */
export function shortOf(about: string): string {
  const whole = oneLine(about);
  return whole.split(/(?<=.)(?:; |: |, and | \()/)[0] ?? whole;
}

/** Between single quotes, for a shell of the family of sh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
