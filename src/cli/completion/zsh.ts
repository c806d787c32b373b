/** The script for zsh: a function for each verb, which _arguments reads as its table. */
import type { Command } from '../commands/command.ts';
import {
  type Completion,
  completionOf,
  type Named,
  namedOptions,
  type Offers,
  oneLine,
  quoted,
  shortOf,
  type Word,
} from './offers.ts';

export const zshScript = (
  commands: readonly Command[],
  offers: Offers,
): string => `#compdef epollsim
# epollsim for zsh; made by: epollsim completion zsh

_epollsim() {
  local curcontext=$curcontext context state state_descr line
  typeset -A opt_args
  _arguments -C \\
    '(- *)'{-h,--help}'[what there is]' \\
    '(- *)'{-v,--version}'[the version]' \\
    '1:verb:->verb' \\
    '*::word:->words'
  case $state in
    verb)
      _epollsim_verb
      ;;
    words)
      case $line[1] in
${commands.map((command) => verbCase(command, offers)).join('\n')}
      esac
      ;;
  esac
}

${offerFunctions(offers)}

# Sourced, it is registered; found in $fpath, it is called.
if [[ $funcstack[1] == _epollsim ]]; then
  _epollsim "$@"
else
  compdef _epollsim epollsim
fi
`;

/** For each kind of words a function that offers one, and one for several between commas. */
const offerFunctions = (offers: Offers): string =>
  Object.entries(offers)
    .map(([offer, words]) => {
      const described = words.map((word) => `  ${quoted(describedWord(word))}`).join('\n');
      return `_epollsim_${offer}() {
  local -a words=(
${described}
  )
  _describe -t ${offer} ${offer} words "$@"
}
_epollsim_${offer}s() { _sequence _epollsim_${offer} }`;
    })
    .join('\n\n');

function verbCase(command: Command, offers: Offers): string {
  const { least, most } = command.operands;
  const others = actionFor(completionOf(command.operands, offers), false);
  const words = Math.max(least, most) > 1 ? '*' : '1';
  const lines = [
    ...namedOptions(command).map((option) => specOf(option, offers)),
    ...(most === 0 ? [] : [quoted(`${words}:word:${others}`)]),
  ];
  return `        ${command.name})
          _arguments -s -S ${lines.map((line) => `\\\n            ${line}`).join(' ')}
          ;;`;
}

/** One argument of _arguments: which names, what for, and what completes the value. */
function specOf(option: Named, offers: Offers): string {
  const { about, multiple, name, short, value } = option;
  const after = value === undefined ? '' : '=';
  const names =
    short === undefined
      ? `--${name}${after}`
      : `{-${short}${value === undefined ? '' : '+'},--${name}${after}}`;
  const others =
    multiple === true ? "'*'" : short === undefined ? '' : quoted(`(-${short} --${name})`);
  const action = actionFor(completionOf(option, offers), multiple === true);
  const text = `[${inBrackets(shortOf(about))}]${value === undefined ? '' : `:${value}:${action}`}`;
  return `${others}${names}${quoted(text)}`;
}

function actionFor(completion: Completion, isList: boolean): string {
  switch (completion.kind) {
    case 'nothing':
      return ' ';
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'words': {
      const { words } = completion;
      if (completion.offer !== null) return `_epollsim_${completion.offer}${isList ? 's' : ''}`;
      if (isList) return `_sequence compadd - ${words.map(([word]) => word).join(' ')}`;
      if (words.every(([, meaning]) => meaning === ''))
        return `(${words.map(([word]) => word).join(' ')})`;
      return `((${words.map(([word, meaning]) => `${word}\\:${meaningOf(meaning)}`).join(' ')}))`;
    }
  }
}

/** As _describe takes it. */
const describedWord = ([word, meaning]: Word): string =>
  meaning === '' ? word : `${word}:${oneLine(meaning)}`;

/** Between the quotes of a meaning nothing is left that ends it. */
const meaningOf = (text: string): string =>
  `"${oneLine(text)
    .replaceAll(/["\\$`]/g, '')
    .replaceAll(':', '\\:')}"`;

/** What ends the text of an option, escaped. */
const inBrackets = (text: string): string => oneLine(text).replaceAll(/[\\[\]:]/g, '\\$&');
