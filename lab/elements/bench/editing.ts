/** In the place of a listing: where the program is changed. */
import { html, type TemplateResult } from 'lit';
import type { Editor } from '../editor.ts';
import type { UiWords } from '../words.ts';

export interface Editing {
  readonly editor: Editor;
  run(): void;
  cancel(): void;
}

export function editingOf(words: UiWords, { cancel, editor, run }: Editing): TemplateResult {
  return html`<div class="editor">
    ${editor.element}
    <p>
      <button class="step" @click=${run}>${words.run}</button>
      <button @click=${cancel}>${words.cancel}</button>
      <span>${words.editorHint}</span>
    </p>
  </div>`;
}
