/** The table of `epollsim completion`. */
import type { Command } from './command.ts';

export type ShellName = 'bash' | 'zsh' | 'fish';

export const shells: Readonly<Record<ShellName, string>> = {
  bash: 'bash 4 or later',
  zsh: 'zsh 5 or later',
  fish: 'fish 3 or later',
};

export const completion: Command = {
  name: 'completion',
  summary: 'a script by which a shell completes this command',
  usage: ['bash|zsh|fish'],
  about: `Prints a script for a shell, which then completes verbs, options, their values (formats,
    releases, commits, detectors, races) and files. It has what this version of epollsim has, and
    asks nobody while you type.

    bash: epollsim completion bash > ~/.local/share/bash-completion/completions/epollsim

    zsh: epollsim completion zsh > a folder of $fpath, as _epollsim

    fish: epollsim completion fish > ~/.config/fish/completions/epollsim.fish`,
  operands: { about: 'a shell', least: 1, most: 1, choices: shells },
  options: [{ options: { json: { about: 'the shell and its script as a JSON object' } } }],
  examples: [
    { line: 'epollsim completion bash', about: 'the script for bash' },
    { line: 'eval "$(epollsim completion bash)"', about: 'for this shell alone' },
  ],
  exits: { 0: 'the script was printed' },
  more: ['docs/command.md'],
};
