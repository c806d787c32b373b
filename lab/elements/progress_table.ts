/**
 * `<epollsim-progress>`: what was done in this browser, and the file that is handed in.
 * `<epollsim-progress lecturer>`: reads many such files, and checks their solutions anew.
 */
import labs from 'virtual:epollsim/labs';
import { css, html, nothing, type TemplateResult } from 'lit';
import {
  type LabProgress,
  type Progress,
  ProgressError,
  progressText,
  readProgress,
} from '../model/progress.ts';
import { SpeakingElement } from './base_elements.ts';
import { baseStyles } from './base_styles.ts';
import {
  countAnswers,
  countRight,
  keepName,
  progress,
  progressChanged,
  progressOf,
} from './progress.ts';
import { taskNumbers } from './site.ts';
import { gradeOf } from './task.ts';

/** A file that is no hand-in, and why. */
interface Unread {
  readonly name: string;
  readonly why: string;
}

export class EpollsimProgress extends SpeakingElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        margin: 1.5rem 0;
      }
      .scroll {
        overflow-x: auto;
        border: 1px solid var(--line);
        border-radius: 10px;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
      }
      th,
      td {
        padding: 0.4rem 0.75rem;
        border-bottom: 1px solid var(--line);
        text-align: left;
        white-space: nowrap;
      }
      thead th {
        background: var(--soft);
        color: var(--fg-soft);
        font-size: 0.8125rem;
      }
      tbody th {
        font-weight: 500;
      }
      tbody tr:last-child > * {
        border-bottom: 0;
      }
      .passed {
        color: var(--accent);
        font-weight: 600;
      }
      .failed {
        color: var(--bad);
        font-weight: 600;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.75rem;
        margin: 0.875rem 0;
      }
      .row label {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
      }
      input:not([type='file']) {
        min-height: 2.25rem;
        padding: 0 0.625rem;
        border: 1px solid var(--line);
        border-radius: 7px;
        background: var(--bg);
      }
      .bad {
        color: var(--bad);
      }
    `,
  ];
  static override properties = {
    lecturer: { type: Boolean },
    files: { state: true },
    refused: { state: true },
    checked: { state: true },
    isChecking: { state: true },
  };

  declare lecturer: boolean;
  /** What was handed in. */
  declare files: readonly Progress[];
  declare refused: readonly Unread[];
  /** Whether a solution passes here. */
  declare checked: ReadonlyMap<LabProgress, boolean>;
  declare isChecking: boolean;

  private readonly renew = (): void => this.requestUpdate();

  constructor() {
    super();
    this.lecturer = this.isChecking = false;
    this.files = this.refused = [];
    this.checked = new Map();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(progressChanged, this.renew);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener(progressChanged, this.renew);
  }

  override render(): TemplateResult {
    return this.lecturer ? this.class() : this.own();
  }

  // ── Of a student ─────────────────────────────────────────────────────────────────────────────

  private own(): TemplateResult {
    const { words } = this;
    const done = taskNumbers.filter((lab) => progressOf(lab).passed).length;
    return html`<p><b>${words.labsDone(done, taskNumbers.length)}</b></p>
      <div class="row">
        <label>${words.name}
          <input autocomplete="name" .value=${progress().student} @input=${(event: Event) => keepName((event.target as HTMLInputElement).value)} />
        </label>
        <button class="step" @click=${this.download}>${words.download}</button>
      </div>
      <div class="scroll" tabindex="0" role="group" aria-label=${words.labsDone(done, taskNumbers.length)}>
        <table>
          <thead>
            <tr><th scope="col">${words.lab}</th><th scope="col">${words.predictions}</th><th scope="col">${words.result}</th></tr>
          </thead>
          <tbody>${taskNumbers.map((lab) => this.rowOf(progressOf(lab)))}</tbody>
        </table>
      </div>`;
  }

  private rowOf(done: LabProgress): TemplateResult {
    const { lab } = done;
    const titles = labs[this.language].length > 0 ? labs[this.language] : labs.en;
    const title = titles.find(({ number }) => number === lab)?.title ?? '';
    const count = countAnswers(done);
    const answers = count === 0 ? '–' : `${countRight(done)}/${count}`;
    return html`<tr><th scope="row">${lab}. ${title}</th><td>${answers}</td><td>${this.result(done)}</td></tr>`;
  }

  private result({ passed, solution }: LabProgress): TemplateResult {
    const { words } = this;
    if (passed) return html`<span class="passed">✓ ${words.done}</span>`;
    return html`${solution === null ? words.notTried : words.tried}`;
  }

  private download(): void {
    const blob = new Blob([progressText(progress())], { type: 'application/json' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = 'progress.json';
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ── Of a class ───────────────────────────────────────────────────────────────────────────────

  private class(): TemplateResult {
    const { files, isChecking, refused, words } = this;
    return html`<div class="row">
        <label>${words.readFiles} <input type="file" multiple accept="application/json,.json" @change=${this.read} /></label>
        <button ?disabled=${files.length === 0 || isChecking} @click=${this.checkAll}>${words.regrade}</button>
      </div>
      <div role="status">${refused.map(({ name, why }) => html`<p class="bad">${words.notAFile(name)} ${why}</p>`)}</div>
      ${
        files.length === 0
          ? nothing
          : html`<div class="scroll" tabindex="0" role="group" aria-label=${words.readFiles}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">${words.student}</th>
                    <th scope="col">${words.predictions}</th>
                    ${taskNumbers.map((lab) => html`<th scope="col">${lab}</th>`)}
                  </tr>
                </thead>
                <tbody>${files.map((file) => this.student(file))}</tbody>
              </table>
            </div>`
      }`;
  }

  private student(file: Progress): TemplateResult {
    const sum = (of: (one: LabProgress) => number): number =>
      file.labs.reduce((all, one) => all + of(one), 0);
    return html`<tr>
      <th scope="row">${file.student === '' ? '?' : file.student}</th>
      <td>${sum(countRight)}/${sum(countAnswers)}</td>
      ${taskNumbers.map((lab) => html`<td>${this.mark(file, lab)}</td>`)}
    </tr>`;
  }

  /** What the file says; or what has come of the solution here, which may be another thing. */
  private mark(file: Progress, lab: number): TemplateResult | string {
    const { words } = this;
    const done = file.labs.find((one) => one.lab === lab);
    if (done === undefined || done.solution === null) return words.notTried;
    const here = this.checked.get(done);
    if (here === undefined) return html`${done.passed ? '✓' : '✗'} ${words.claimed}`;
    const { regraded } = words;
    return html`<span class=${here ? 'passed' : 'failed'} title=${regraded}>${here ? '✓' : '✗'} ${regraded}</span>`;
  }

  private async read(event: Event): Promise<void> {
    const chosen = [...((event.target as HTMLInputElement).files ?? [])];
    const files: Progress[] = [];
    const refused: Unread[] = [];
    for (const file of chosen) {
      try {
        files.push(readProgress(await file.text()));
      } catch (error) {
        refused.push({ name: file.name, why: this.reasonOf(error) });
      }
    }
    this.files = files;
    this.refused = refused;
    this.checked = new Map();
  }

  private reasonOf(error: unknown): string {
    if (error instanceof ProgressError) return error.words[this.language];
    return error instanceof Error ? error.message : String(error);
  }

  /** Each solution by the checks of this site: a file can be written by hand. */
  private async checkAll(): Promise<void> {
    this.isChecking = true;
    for (const file of this.files) {
      for (const done of file.labs) {
        if (done.solution === null) continue;
        const { passed } = await gradeOf(done.lab, done.solution);
        this.checked = new Map([...this.checked, [done, passed]]);
      }
    }
    this.isChecking = false;
  }
}
