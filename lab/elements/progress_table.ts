/**
 * `<epollsim-progress>`: what was done in this browser, and the file that is handed in.
 * `<epollsim-progress lecturer>`: reads many such files, and checks their solutions anew.
 */
import labs from 'virtual:epollsim/labs';
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { baseStyles } from './base_styles.ts';
import {
  fileOf,
  keepName,
  type LabProgress,
  nameOf,
  type ProgressFile,
  progressChanged,
  progressOf,
  readProgress,
  rightAnswers,
} from './progress.ts';
import { taskNumbers } from './site.ts';
import { gradeOf } from './task.ts';
import { type Language, languageOf, type UiWords, wordsIn } from './words.ts';

const count = ({ answers }: LabProgress): number => Object.keys(answers).length;

export class EpollsimProgress extends LitElement {
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
  declare files: readonly ProgressFile[];
  /** Names of files that are none. */
  declare refused: readonly string[];
  /** Whether a solution passes here, by its file and lab. */
  declare checked: ReadonlyMap<string, boolean>;
  declare isChecking: boolean;

  private language: Language = 'en';
  private words: UiWords = wordsIn('en');
  private readonly renew = (): void => this.requestUpdate();

  constructor() {
    super();
    this.lecturer = this.isChecking = false;
    this.files = this.refused = [];
    this.checked = new Map();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.language = languageOf(this);
    this.words = wordsIn(this.language);
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
          <input autocomplete="name" .value=${nameOf()} @input=${(event: Event) => keepName((event.target as HTMLInputElement).value)} />
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

  private rowOf(progress: LabProgress): TemplateResult {
    const { lab } = progress;
    const titles = labs[this.language].length > 0 ? labs[this.language] : labs.en;
    const title = titles.find(({ number }) => number === lab)?.title ?? '';
    const answers = count(progress) === 0 ? '–' : `${rightAnswers(progress)}/${count(progress)}`;
    return html`<tr><th scope="row">${lab}. ${title}</th><td>${answers}</td><td>${this.result(progress)}</td></tr>`;
  }

  private result({ passed, tries }: LabProgress): TemplateResult {
    const { words } = this;
    if (passed) return html`<span class="passed">✓ ${words.done}</span>`;
    return html`${tries > 0 ? words.tried : words.notTried}`;
  }

  private download(): void {
    const file = fileOf(nameOf(), taskNumbers);
    const blob = new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: 'application/json' });
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
      <div role="status">${refused.map((name) => html`<p class="bad">${words.notAFile(name)}</p>`)}</div>
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

  private student(file: ProgressFile): TemplateResult {
    const sum = (of: (one: LabProgress) => number): number =>
      file.labs.reduce((all, one) => all + of(one), 0);
    return html`<tr>
      <th scope="row">${file.name === '' ? '?' : file.name}</th>
      <td>${sum(rightAnswers)}/${sum(count)}</td>
      ${taskNumbers.map((lab) => html`<td>${this.mark(file, lab)}</td>`)}
    </tr>`;
  }

  /** What the file says; or what has come of the solution here, which may be another thing. */
  private mark(file: ProgressFile, lab: number): TemplateResult | string {
    const { words } = this;
    const progress = file.labs.find((one) => one.lab === lab);
    if (progress === undefined || progress.solution === null) return words.notTried;
    const here = this.checked.get(keyOf(file, lab));
    const passes = here ?? progress.passed;
    const title = here === undefined ? '' : words.regraded;
    return html`<span class=${passes ? 'passed' : 'failed'} title=${title}>${passes ? '✓' : '✗'} ${title}</span>`;
  }

  private async read(event: Event): Promise<void> {
    const chosen = [...((event.target as HTMLInputElement).files ?? [])];
    const texts = await Promise.all(chosen.map((file) => file.text()));
    const read = texts.map(readProgress);
    this.files = read.filter((file) => file !== null);
    this.refused = chosen.flatMap(({ name }, i) => (read[i] === null ? [name] : []));
    this.checked = new Map();
  }

  /** Each solution by the checks of this site: a file can be written by hand. */
  private async checkAll(): Promise<void> {
    this.isChecking = true;
    for (const file of this.files) {
      for (const { lab, solution } of file.labs) {
        if (solution === null) continue;
        const { passed } = await gradeOf(lab, solution);
        this.checked = new Map([...this.checked, [keyOf(file, lab), passed]]);
      }
    }
    this.isChecking = false;
  }
}

const keyOf = ({ at, name }: ProgressFile, lab: number): string => `${name} ${at} ${lab}`;
