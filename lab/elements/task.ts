/** `<epollsim-task number="3">`: an editor with the starter, a button, and the verdict of the checker. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { ask } from '../model/client.ts';
import type { TaskSheet } from '../model/messages.ts';
import { wayOf } from '../model/schedule.ts';
import type { Grade } from '../tasks/task.ts';
import { reasonOf, WritingElement } from './base_elements.ts';
import { baseStyles } from './base_styles.ts';
import type { EpollsimBench } from './bench/bench.ts';
import type { EditorOptions } from './editor.ts';
import { draftOf, keepDraft, noteCheck, progressOf } from './progress.ts';
import { starterText } from './site.ts';
import { type Language, wordsIn } from './words.ts';

export class EpollsimTask extends WritingElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        margin: 1.5rem 0;
      }
      section {
        border: 1px solid var(--line);
        border-radius: 12px;
        overflow: hidden;
      }
      header {
        padding: 0.75rem 1rem;
        border-bottom: 1px solid var(--line);
        background: var(--soft);
      }
      header b {
        display: block;
        font-size: 1rem;
      }
      header code {
        color: var(--fg-soft);
        overflow-wrap: anywhere;
      }
      .editor {
        min-height: 16rem;
        max-height: 34rem;
        overflow: auto;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.875rem;
        padding: 0.625rem 1rem;
        border-top: 1px solid var(--line);
        color: var(--fg-soft);
      }
      .verdict {
        padding: 0.875rem 1rem 1rem;
        border-top: 1px solid var(--line);
        border-left: 4px solid var(--bad);
        background: var(--bad-bg);
        font-size: 0.9375rem;
      }
      .verdict.passed {
        border-left-color: var(--accent);
        background: var(--accent-bg);
      }
      .verdict strong {
        color: var(--bad);
      }
      .verdict.passed strong {
        color: var(--accent);
      }
      details {
        margin-top: 0.75rem;
      }
      summary {
        cursor: pointer;
      }
      pre {
        margin-top: 0.5rem;
        padding: 0.75rem;
        overflow-x: auto;
        max-height: 28rem;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--bg);
        font-size: 0.75rem;
        line-height: 1.45;
      }
      .before {
        color: var(--accent);
        font-weight: 600;
      }
    `,
  ];
  static override properties = {
    number: { type: Number },
    sheet: { state: true },
    beat: { state: true },
    grade: { state: true },
  };

  /** The lab whose task it is. */
  declare number: number;
  declare sheet: TaskSheet | null;
  /** How often the solution was run so far; null while nothing is checked. */
  declare beat: number | null;
  /** What came of it; null before, and behind a change. */
  declare grade: Grade | null;

  /** What the grade is of. */
  private text = '';

  constructor() {
    super();
    this.number = 0;
    this.sheet = this.beat = this.grade = null;
  }

  protected override async editorOptions(): Promise<EditorOptions> {
    const { number, words } = this;
    const starter = await starterText(number);
    return {
      text: draftOf(number) ?? starter,
      label: words.editorLabel,
      onChange: (text) => keepDraft(number, text === starter ? null : text),
      onRun: () => void this.check(),
    };
  }

  protected override async open(): Promise<void> {
    await super.open();
    this.sheet ??= await ask('task', { number: this.number });
  }

  private async startAgain(): Promise<void> {
    if (!confirm(this.words.sureStartAgain)) return;
    this.editor?.replace(await starterText(this.number));
    this.grade = null;
  }

  private async check(): Promise<void> {
    const { editor, number } = this;
    if (editor === null || this.beat !== null) return;
    const text = editor.text();
    this.beat = 0;
    this.grade = null;
    this.replaceChildren();
    this.grade = await gradeOf(number, text, (count) => {
      this.beat = count;
    });
    this.beat = null;
    this.text = text;
    noteCheck(number, text, this.grade.passed);
  }

  /** Opens a bench below, at the end of the run that the grade shows: what is wrong is behind it. */
  private async showOnBench(schedule: string): Promise<void> {
    const { number, text } = this;
    const bench = document.createElement('epollsim-bench') as EpollsimBench;
    this.replaceChildren(bench);
    const { kernel } = wayOf(schedule);
    const setup = { program: null, text, original: text, kernel, steps: [], task: number };
    await bench.present(setup, Number.POSITIVE_INFINITY);
    bench.scrollIntoView({ block: 'nearest' });
  }

  override render(): TemplateResult {
    const { beat, editor, language, number, sheet, words } = this;
    return html`<section>
      <header>
        <b>${sheet === null ? words.task : sheet.title[language]}</b>
        ${sheet === null ? nothing : html`<code>${sheet.signature}</code>`}
      </header>
      <div class="editor">${editor?.element ?? html`<p class="actions">${words.loading}</p>`}</div>
      <div class="actions">
        <button class="step" ?disabled=${editor === null || beat !== null} @click=${this.check}>${words.check}</button>
        <button ?disabled=${editor === null || beat !== null} @click=${this.startAgain}>${words.startAgain}</button>
        <span role="status">
          ${
            beat !== null
              ? `${words.checking} ${beat > 0 ? words.executions(beat.toLocaleString()) : ''}`
              : progressOf(number).passed
                ? html`<span class="before">✓ ${words.passedBefore}</span>`
                : words.editorHint
          }
        </span>
      </div>
      <div role="status">${this.grade === null ? nothing : this.verdict(this.grade)}</div>
      </section>
      <slot></slot>`;
  }

  private verdict({ passed, schedule, story, words: said }: Grade): TemplateResult {
    const { language, words } = this;
    return html`<div class="verdict ${passed ? 'passed' : ''}">
      <p><strong>${passed ? `✓ ${words.passed}` : `✗ ${words.notPassed}`}</strong> ${said[language]}</p>
      ${schedule === null ? nothing : html`<p><button @click=${() => this.showOnBench(schedule)}>${words.onBench}</button></p>`}
      ${story === '' ? nothing : html`<details open><summary>${words.story}</summary><pre tabindex="0">${story}</pre></details>`}
      ${schedule === null ? nothing : html`<details><summary>${words.schedule}</summary><pre tabindex="0">${schedule}</pre></details>`}
    </div>`;
  }
}

/** A text that cannot be judged does not pass, and the reason is said. */
export async function gradeOf(
  number: number,
  text: string,
  onBeat: (count: number) => void = () => {},
): Promise<Grade> {
  try {
    return await ask('grade', { number, text }, onBeat);
  } catch (error) {
    const say = (language: Language): string => reasonOf(error, wordsIn(language));
    return { passed: false, words: { en: say('en'), zh: say('zh') }, schedule: null, story: '' };
  }
}
