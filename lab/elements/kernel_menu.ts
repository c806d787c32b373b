/** A release, and one commit more or less. */

import kernels from 'virtual:epollsim/kernels';
import type { KernelChoice } from 'epollsim';
import { html, type TemplateResult } from 'lit';
import type { UiWords } from './words.ts';

export interface KernelMenu {
  readonly release: string;
  /** `+id` with it, `-id` without it; empty for what was released. */
  readonly commit: string;
}

const chosen = (event: Event): string => (event.target as HTMLSelectElement).value;

function draw(
  words: UiWords,
  label: string,
  menu: KernelMenu,
  change: (menu: KernelMenu) => void,
): TemplateResult {
  const { commit, release } = menu;
  // Their order stays: what is chosen is kept by its place.
  const isKnown = kernels.releases.includes(release);
  const releases = isKnown ? kernels.releases : [release, ...kernels.releases];
  const commits = (sign: string, word: string) =>
    kernels.commits.map(
      ({ id, title }) =>
        html`<option value="${sign}${id}" .selected=${commit === sign + id}>${word} ${id} ${title}</option>`,
    );
  return html`<label>${label}
      <select @change=${(event: Event) => change({ release: chosen(event), commit: '' })}>
        ${releases.map((name) => html`<option value=${name} .selected=${name === release}>Linux ${name}</option>`)}
      </select>
    </label>
    <label>${words.commitChoice}
      <select @change=${(event: Event) => change({ release, commit: chosen(event) })}>
        <option value="" .selected=${commit === ''}>${words.noCommit}</option>
        ${commits('-', words.withoutCommit)} ${commits('+', words.withCommit)}
      </select>
    </label>`;
}

function choiceOf({ commit, release }: KernelMenu): KernelChoice {
  const id = commit.slice(1);
  if (commit === '') return { kernel: release };
  return commit.startsWith('+')
    ? { kernel: release, with: [id] }
    : { kernel: release, without: [id] };
}

function menuOf({ kernel, with: added = [], without = [] }: KernelChoice): KernelMenu {
  const [plus] = added;
  const [minus] = without;
  const commit = plus !== undefined ? `+${plus}` : minus !== undefined ? `-${minus}` : '';
  return { release: kernel ?? kernels.newest, commit };
}

/** Drawn, and read as the choice that it is. */
export const kernelMenu: {
  readonly draw: typeof draw;
  readonly choiceOf: typeof choiceOf;
  readonly menuOf: typeof menuOf;
} = { draw, choiceOf, menuOf };
