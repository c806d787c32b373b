/**
 * A verb of the command as a table: its help is printed from it, its options are read by it, and
 * shells complete by it, so that the three cannot differ. The tables are the files beside this one.
 *
 * To add an option is to add a row to `options`; the verb then finds it among the values it reads.
 */

/** What there is to choose from: names, or names and what each of them means. */
export type Choices<Name extends string = string> =
  | readonly Name[]
  | Readonly<Record<Name, string>>;

/** What a shell can offer that no table has: looked up when it is asked for. */
export type Offer = 'file' | 'folder' | 'release' | 'commit' | 'detector' | 'race' | 'verb';

export interface Option {
  readonly short?: string;
  /** What stands for its value in the help; absent: it takes none. */
  readonly value?: string;
  /** It may come several times, each time with several values between commas. */
  readonly multiple?: boolean;
  readonly choices?: Choices;
  readonly offers?: Offer;
  /** For persons. How it is broken into lines means nothing. */
  readonly about: string;
}

export type Options = Readonly<Record<string, Option>>;

/** Options under a heading of their own. */
export interface OptionGroup {
  readonly title?: string;
  readonly options: Options;
}

/** The words behind the verb that are no options. */
export interface Operands {
  /** What stands for one in a message: `a file, or - for standard input`. */
  readonly about: string;
  readonly least: number;
  readonly most: number;
  readonly choices?: Choices;
  readonly offers?: Offer;
}

/** A command line that runs as it stands, in the folder of the package. */
export interface Example {
  readonly line: string;
  readonly about: string;
  /** The exit code; absent: 0. */
  readonly exit?: number;
  /** What it cannot do without; `site`: the lab that was built, which it serves until Ctrl-C. */
  readonly needs?: 'Linux' | 'Redis' | 'site';
}

export interface Command {
  readonly name: string;
  /** One sentence, behind the name. */
  readonly summary: string;
  /** What follows `epollsim NAME`, a way to call it each. */
  readonly usage: readonly string[];
  /** Paragraphs, with an empty line between; how they are broken into lines means nothing. */
  readonly about: string;
  readonly operands: Operands;
  readonly options: readonly OptionGroup[];
  /** Paragraphs that stand behind the options. */
  readonly notes?: string;
  readonly examples: readonly Example[];
  /** What an exit code means of this verb; what is not here is as for all. */
  readonly exits: Readonly<Partial<Record<0 | 1 | 2 | 3 | 4 | 130, string>>>;
  /** Where to read more: files of the package. */
  readonly more: readonly string[];
}

/** Every verb has it. */
export const helpOption: Options = { help: { short: 'h', about: 'this text' } };

/** All options of a verb, by their names without dashes. */
export const optionsOf = ({ options }: Command): Options =>
  Object.assign({}, ...options.map((group) => group.options), helpOption);

/** The names alone. */
export const namesOf = <Name extends string>(choices: Choices<Name>): readonly Name[] =>
  Array.isArray(choices) ? choices : (Object.keys(choices) as Name[]);

/** Verbs that take no words. */
export const nothing: Operands = { about: 'no file', least: 0, most: 0 };
/** Verbs that take one file, and those that take as many as there are. */
export const oneFile: Operands = {
  about: 'a file, or - for standard input',
  least: 1,
  most: 1,
  offers: 'file',
};
export const someFiles: Operands = { ...oneFile, most: Number.POSITIVE_INFINITY };
