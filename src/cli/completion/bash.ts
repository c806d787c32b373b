/** The script for bash: for each verb a case for its options, and one for each option with values. */
import type { Command } from '../commands/command.ts';
import { type Completion, completionOf, namedOptions, type Offers, quoted } from './offers.ts';

export const bashScript = (commands: readonly Command[], offers: Offers): string => {
  const verbs = commands.map(({ name }) => name);
  return `# epollsim for bash; made by: epollsim completion bash

_epollsim_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

# Several values between commas: the last one is completed.
_epollsim_list() {
  local before='' last=$cur
  [[ $cur == *,* ]] && before=\${cur%,*}, last=\${cur##*,}
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "$last")
}

_epollsim_files() {
  compopt -o filenames 2> /dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_epollsim() {
  local cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} verb='' word
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $option == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${verbs.join(' | ')})
        verb=$word
        break
        ;;
    esac
  done
  case "$verb $option" in
${valueCases(commands, offers).join('\n')}
  esac
  case $verb in
${commands.map((command) => verbCase(command, offers)).join('\n')}
    *)
      if [[ $cur == -* ]]; then
        _epollsim_words '--help --version'
      else
        _epollsim_words ${quoted(verbs.join(' '))}
      fi
      ;;
  esac
}

complete -F _epollsim epollsim
`;
};

/** What completes the values of options; those that take the same have one case. */
function valueCases(commands: readonly Command[], offers: Offers): string[] {
  const cases = new Map<string, string[]>();
  for (const command of commands) {
    for (const option of namedOptions(command).filter(({ value }) => value !== undefined)) {
      const action = actionFor(completionOf(option, offers), option.multiple === true);
      const patterns = option.names.map((name) => quoted(`${command.name} ${name}`));
      cases.set(action, [...(cases.get(action) ?? []), ...patterns]);
    }
  }
  return [...cases].map(
    ([action, patterns]) =>
      `    ${patterns.join(' | ')})\n      ${action === '' ? '' : `${action}\n      `}return\n      ;;`,
  );
}

/** What completes the other words of a verb. */
function verbCase(command: Command, offers: Offers): string {
  const options = namedOptions(command).map(({ name }) => `--${name}`);
  const others = actionFor(completionOf(command.operands, offers), false);
  return `    ${command.name})
      if [[ $cur == -* ]]; then
        _epollsim_words ${quoted(options.join(' '))}
      else
        ${others === '' ? ':' : others}
      fi
      ;;`;
}

function actionFor(completion: Completion, isList: boolean): string {
  switch (completion.kind) {
    case 'nothing':
      return '';
    case 'file':
      return '_epollsim_files -f';
    case 'folder':
      return '_epollsim_files -d';
    case 'words': {
      const words = completion.words.map(([word]) => word).join(' ');
      return `${isList ? '_epollsim_list' : '_epollsim_words'} ${quoted(words)}`;
    }
  }
}
