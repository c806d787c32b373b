/** The script for fish: a line for each verb, and for each option of a verb. */
import type { Command } from '../commands/command.ts';
import {
  type Completion,
  completionOf,
  type Named,
  namedOptions,
  type Offers,
  oneLine,
  shortOf,
  type Word,
} from './offers.ts';

export const fishScript = (commands: readonly Command[], offers: Offers): string => {
  const verbs = commands.map(({ name }) => name);
  return `# epollsim for fish; made by: epollsim completion fish

# The verb of the line, if it is there already.
function __epollsim_verb
    for word in (commandline -opc)[2..]
        if contains -- $word ${verbs.join(' ')}
            echo $word
            return
        end
    end
end

# Is it this one? Without one: is there none yet?
function __epollsim_is
    test "$(__epollsim_verb)" = "$argv[1]"
end

# Several values between commas: the last one is completed.
function __epollsim_list
    set -l before (commandline -ct | string replace -r '^--?[a-z-]+=' '' | string match -r '.*,')
    for word in $argv
        echo "$before$word"
    end
end

${Object.entries(offers).map(offerFunction).join('\n\n')}

complete -c epollsim -f
complete -c epollsim -n '__epollsim_is ""' -s h -l help -d 'what there is'
complete -c epollsim -n '__epollsim_is ""' -s v -l version -d 'the version'
complete -c epollsim -n '__epollsim_is ""' -a '(__epollsim_verbs)'

${commands.map((command) => verbLines(command, offers).join('\n')).join('\n\n')}
`;
};

/** A function that prints the words of a kind, each with what it means. */
const offerFunction = ([offer, words]: [string, readonly Word[]]): string =>
  `function __epollsim_${offer}s
    ${printed(words)}
end`;

function verbLines(command: Command, offers: Offers): string[] {
  const start = `complete -c epollsim -n '__epollsim_is ${command.name}'`;
  const others = argumentOf(completionOf(command.operands, offers), false);
  return [
    ...(command.operands.most === 0 ? [] : [`${start}${others}`]),
    ...namedOptions(command).map((option) => optionLine(start, option, offers)),
  ];
}

function optionLine(start: string, option: Named, offers: Offers): string {
  const { about, multiple, name, short, value } = option;
  const letter = short === undefined ? '' : ` -s ${short}`;
  const argument =
    value === undefined ? '' : ` -r${argumentOf(completionOf(option, offers), multiple === true)}`;
  return `${start}${letter} -l ${name}${argument} -d ${quotedFish(shortOf(about))}`;
}

function argumentOf(completion: Completion, isList: boolean): string {
  switch (completion.kind) {
    case 'nothing':
      return ' -f';
    case 'file':
      return ' -F';
    case 'folder':
      return " -f -a '(__fish_complete_directories (commandline -ct))'";
    case 'words': {
      const { words } = completion;
      const names = words.map(([word]) => word).join(' ');
      if (completion.offer !== null) {
        const call = `(__epollsim_${completion.offer}s)`;
        return isList ? ` -f -a '(__epollsim_list ${call})'` : ` -f -a '${call}'`;
      }
      if (isList) return ` -f -a '(__epollsim_list ${names})'`;
      return ` -f -a ${quotedFish(`(${printed(words)})`)}`;
    }
  }
}

/** A command that prints them, a line each. */
const printed = (words: readonly Word[]): string =>
  `printf '%s\\n' ${words.map((word) => quotedFish(described(word))).join(' ')}`;

/** A tab stands before the meaning. */
const described = ([word, meaning]: Word): string =>
  meaning === '' ? word : `${word}\t${oneLine(meaning)}`;

/** Between the single quotes of fish. */
const quotedFish = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
