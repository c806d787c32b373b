/** Above a bench: what runs, the menus to choose it by, and what can be done with it. */

import kernels from 'virtual:epollsim/kernels';
import { html, nothing, type TemplateResult } from 'lit';
import { kernelMenu } from '../kernel_menu.ts';
import { programNames } from '../site.ts';
import type { UiWords } from '../words.ts';
import { kernelName, type Setup } from './setup.ts';

export interface Head {
  readonly title: string;
  /** What runs; null until it is known. */
  readonly setup: Setup | null;
  /** Are there menus for program and kernel? */
  readonly choose: boolean;
  readonly isEditing: boolean;
  /** Has it run, so that there is something to link to? */
  readonly hasRun: boolean;
  /** What has become of the link that was asked for; null if none was. */
  readonly linkNote: string | null;
  edit(): void;
  copyLink(): void;
  openProgram(name: string): void;
  /** Runs with something changed, from the beginning. */
  change(changed: Partial<Setup>): void;
}

export function headOf(words: UiWords, head: Head): TemplateResult {
  const { choose, hasRun, isEditing, linkNote, setup, title } = head;
  return html`<header>
    <p class="what">
      ${choose ? menusOf(words, head) : html`<b>${title}</b>`}
      <span class="release">${setup === null ? nothing : kernelName(setup, kernels.newest)}</span>
    </p>
    <p class="actions">
      ${setup !== null && setup.text !== setup.original ? html`<button @click=${() => head.change({ text: setup.original })}>${words.undoEdits}</button>` : nothing}
      ${setup?.task === undefined ? html`<button ?disabled=${setup === null || isEditing} @click=${() => head.edit()}>${words.edit}</button>` : nothing}
      <button ?disabled=${!hasRun} @click=${() => head.copyLink()}>${words.copyLink}</button>
      <span role="status">${linkNote ?? nothing}</span>
    </p>
  </header>`;
}

function menusOf(words: UiWords, head: Head): TemplateResult {
  const { setup } = head;
  const open = (event: Event): void => head.openProgram((event.target as HTMLSelectElement).value);
  return html`<span class="menus">
    <label>${words.program}
      <select @change=${open}>
        ${setup?.program === null ? html`<option selected>${words.ownProgram}</option>` : nothing}
        ${programNames.map((name) => html`<option ?selected=${name === setup?.program}>${name}</option>`)}
      </select>
    </label>
    ${kernelMenu.draw(words, words.kernelChoice, kernelMenu.menuOf(setup?.kernel ?? {}), (menu) =>
      head.change({ kernel: kernelMenu.choiceOf(menu) }),
    )}
  </span>`;
}
