/** What elements have in common: those that speak, and those that somebody writes in. */
import { LitElement } from 'lit';
import { Endless, Refused } from '../model/client.ts';
import { whenNear } from './bench/scroll.ts';
import type { Editor, EditorOptions } from './editor.ts';
import { type Language, languageOf, type UiWords, wordsIn } from './words.ts';

/** Speaks the language of its page. */
export class SpeakingElement extends LitElement {
  protected language: Language = 'en';
  protected words: UiWords = wordsIn('en');

  override connectedCallback(): void {
    super.connectedCallback();
    this.language = languageOf(this);
    this.words = wordsIn(this.language);
  }
}

/** Has an editor, which comes when somebody is about to see it, and goes with the element. */
export abstract class WritingElement extends SpeakingElement {
  static override properties = { editor: { state: true } };

  /** Null until it has come. */
  declare editor: Editor | null;

  constructor() {
    super();
    this.editor = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.editor?.destroy();
    this.editor = null;
  }

  /** What is to be edited, and what comes of it. */
  protected abstract editorOptions(): Promise<EditorOptions>;

  protected async open(): Promise<void> {
    await whenNear(this);
    const [{ makeEditor }, options] = await Promise.all([
      import('./editor.ts'),
      this.editorOptions(),
    ]);
    if (!this.isConnected || this.editor !== null) return;
    const root = this.renderRoot as ShadowRoot;
    this.editor = makeEditor(options, this.language, root);
  }
}

/** Why a program could not be run, in words. */
export function reasonOf(error: unknown, words: UiWords): string {
  if (error instanceof Endless) return words.endless;
  const line = error instanceof Refused && error.line !== null ? words.atLine(error.line) : '';
  return `${words.notRun} ${line} ${error instanceof Error ? error.message : String(error)}`;
}
