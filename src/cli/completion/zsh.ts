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
      local -a verbs=(
${offers.verb.map((word) => `        ${quoted(described(word))}`).join('\n')}
      )
      _describe -t verbs verb verbs
      ;;
    words)
      case $line[1] in
${commands.map((command) => verbCase(command, offers)).join('\n')}
      esac
      ;;
  esac
}

# Sourced, it is registered; found in $fpath, it is called.
if [[ $funcstack[1] == _epollsim ]]; then
  _epollsim "$@"
else
  compdef _epollsim epollsim
fi
`;

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
  const text = `[${inBrackets(about)}]${value === undefined ? '' : `:${value}:${action}`}`;
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
      if (isList) return `_sequence compadd - ${words.map(([word]) => word).join(' ')}`;
      if (words.every(([, meaning]) => meaning === ''))
        return `(${words.map(([word]) => word).join(' ')})`;
      return `((${words.map(([word, meaning]) => `${word}\\:${meaningOf(meaning)}`).join(' ')}))`;
    }
  }
}

/** As _describe takes it. */
const described = ([word, meaning]: Word): string => `${word}:${oneLine(meaning)}`;

/** Between the quotes of a meaning nothing is left that ends it. */
const meaningOf = (text: string): string =>
  `"${oneLine(text)
    .replaceAll(/["\\$`]/g, '')
    .replaceAll(':', '\\:')}"`;

/** What ends the text of an option, escaped. */
const inBrackets = (text: string): string => oneLine(text).replaceAll(/[\\[\]:]/g, '\\$&');
