/** How a change is shown: never by its colour alone. */
import { html, nothing, type TemplateResult } from 'lit';
import type { UiWords } from '../words.ts';
import type { Changes } from './changes.ts';

/** What the parts of the bench are drawn from. */
export interface Look {
  readonly changes: Changes;
  readonly words: UiWords;
}

/** A text that may have changed with the step: then it has a mark, which is read out as a word. */
export function marked(
  { changes, words }: Look,
  path: string,
  content: unknown,
  kind = '',
): TemplateResult {
  const isNew = changes.has(path);
  return html`<span class="value ${kind} ${isNew ? 'changed' : ''}"
    >${isNew ? html`<i class="mark" role="img" aria-label=${words.changed}></i>` : nothing}${content}</span
  >`;
}

/** What the step has taken away is shown once more, struck out. */
export const ghost = ({ words }: Look, content: unknown, kind = ''): TemplateResult =>
  html`<span class="value ghost ${kind}"><s>${content}</s><i class="hidden"> ${words.gone}</i></span>`;

/** A list of the kernel: its name, and who is on it, in order. */
export function listRow(
  look: Look,
  label: string,
  path: string,
  entries: readonly { readonly key: string; readonly content: unknown }[],
  otherwise: string,
): TemplateResult {
  const gone = look.changes.gone(path).filter((name) => !entries.some(({ key }) => key === name));
  const isNew = gone.length === 0 && entries.length === 0 && look.changes.has(path);
  return html`<dt>${label}</dt>
    <dd>
      ${gone.map((name) => ghost(look, name.replace(/#\d+$/, ''), 'chip'))}
      ${entries.map(({ content, key }) => marked(look, `${path}/${key}`, content, 'chip'))}
      ${
        entries.length > 0
          ? nothing
          : html`<span class="none ${isNew ? 'changed' : ''}">${otherwise}</span>`
      }
    </dd>`;
}
