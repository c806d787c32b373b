/**
 * `<epollsim-write>` around two benches: a program is written, with what TypeScript says of it, and runs on two
 * kernels along the same steps.
 */

import kernels from 'virtual:epollsim/kernels';
import type { KernelChoice } from 'epollsim';
import { css, html, nothing, type TemplateResult } from 'lit';
import { ask, Refused } from '../../model/client.ts';
import { reasonOf, WritingElement } from '../base_elements.ts';
import { baseStyles } from '../base_styles.ts';
import type { EpollsimBench } from '../bench/bench.ts';
import type { EditorOptions } from '../editor.ts';
import { type KernelMenu, kernelMenu } from '../kernel_menu.ts';
import { programNames, programText } from '../site.ts';
import { type Parting, partingOf } from './parting.ts';

const draftKey = 'epollsim:write';

export class EpollsimWrite extends WritingElement {
  static override styles = [
    baseStyles,
    css`
      section {
        margin: 1.5rem 0;
        border: 1px solid var(--line);
        border-radius: 12px;
        overflow: hidden;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.625rem 1rem;
        padding: 0.625rem 1rem;
        background: var(--soft);
      }
      .row + .editor,
      .editor + .row {
        border-top: 1px solid var(--line);
      }
      label {
        display: flex;
        align-items: center;
        gap: 0.4rem;
        color: var(--fg-soft);
        max-width: 100%;
      }
      select {
        max-width: 14rem;
        min-width: 0;
        color: var(--fg);
      }
      .editor {
        height: 26rem;
        resize: vertical;
        overflow: auto;
      }
      .bad {
        color: var(--bad);
      }
      .said {
        padding: 0.625rem 1rem;
        border-top: 1px solid var(--line);
      }
      .said p + p {
        margin-top: 0.35rem;
      }
      .said:empty {
        display: none;
      }
      .benches {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr));
        gap: 1rem;
        align-items: start;
      }
    `,
  ];
  static override properties = {
    errors: { state: true },
    isRunning: { state: true },
    problem: { state: true },
    parting: { state: true },
    beat: { state: true },
    menus: { state: true },
  };

  /** How many errors TypeScript has found; null while it is still looking for the first time. */
  declare errors: number | null;
  declare isRunning: boolean;
  declare problem: string | null;
  /** Where the two runs differ; null where they do not, undefined before the first run. */
  declare parting: Parting | null | undefined;
  /** How often the checker has run the program; null while it does not. */
  declare beat: number | null;
  declare menus: readonly [KernelMenu, KernelMenu];

  constructor() {
    super();
    this.errors = this.problem = this.beat = null;
    this.parting = undefined;
    this.isRunning = false;
    this.menus = [
      { release: '5.6', commit: '' },
      { release: kernels.newest, commit: '' },
    ];
  }

  protected override async editorOptions(): Promise<EditorOptions> {
    const [{ typescript }, text] = await Promise.all([
      import('./typescript.ts'),
      programText('13-lost-wakeup'),
    ]);
    return {
      text: sessionStorage.getItem(draftKey) ?? text,
      label: this.words.program,
      onChange: (changed) => sessionStorage.setItem(draftKey, changed),
      onRun: () => void this.run(),
      extensions: typescript((errors) => {
        this.errors = errors;
      }),
    };
  }

  /** On the first kernel as it comes. */
  private run(): Promise<void> {
    return this.runBoth(async () => []);
  }

  /** On the first kernel along a schedule that fails there. */
  private runFailing(): Promise<void> {
    return this.runBoth(async (text, kernel) => {
      this.beat = 0;
      const { finding } = await ask('check', { text, kernel }, (count) => {
        this.beat = count;
      });
      if (finding === null) throw new Refused({ message: this.words.noneFails, line: null });
      return finding.steps;
    });
  }

  /** Runs the text on the first kernel along some steps, and on the second as near to that as it can be. */
  private async runBoth(
    stepsOn: (text: string, kernel: KernelChoice) => Promise<readonly string[]>,
  ): Promise<void> {
    const { editor, menus } = this;
    if (editor === null || this.isRunning) return;
    const text = editor.text();
    this.isRunning = true;
    this.problem = null;
    this.parting = undefined;
    try {
      const [one, other] = [kernelMenu.choiceOf(menus[0]), kernelMenu.choiceOf(menus[1])];
      const wanted = await stepsOn(text, one);
      const first = await ask('record', { text, options: { ...one, steps: wanted } });
      const steps = first.turns.flatMap(({ taken }) => taken ?? []);
      const near = await ask('near', { text, kernel: other, steps });
      const second = await ask('record', { text, options: { ...other, steps: near } });
      const setup = { program: null, text, original: text };
      const [left, right] = this.benches;
      await left?.present({ ...setup, kernel: one, steps });
      await right?.present({ ...setup, kernel: other, steps: near });
      this.parting = partingOf(first, second);
    } catch (error) {
      this.problem = reasonOf(error, this.words);
    }
    this.beat = null;
    this.isRunning = false;
  }

  private get benches(): EpollsimBench[] {
    return [...this.querySelectorAll<EpollsimBench>('epollsim-bench')];
  }

  private showParting(): void {
    const { places = [] } = this.parting ?? {};
    for (const [i, bench] of this.benches.entries()) bench.goTo(places[i] ?? 0);
  }

  override render(): TemplateResult {
    const { editor, errors, isRunning, menus, words } = this;
    return html`<section>
        <div class="row">
          <label>${words.program}
            <select @change=${this.take}>
              <option value="">…</option>
              ${programNames.map((name) => html`<option>${name}</option>`)}
            </select>
          </label>
          <span role="status">
            ${errors === null ? words.typesLoading : errors === 0 ? words.typesFine : html`<span class="bad">${words.typeErrors(errors)}</span>`}
          </span>
        </div>
        <div class="editor">${editor?.element ?? nothing}</div>
        <div class="row">
          ${menus.map((menu, i) => kernelMenu.draw(words, i === 0 ? words.kernelA : words.kernelB, menu, (next) => this.choose(i, next)))}
          <button class="step" ?disabled=${editor === null || isRunning} @click=${this.run}>${words.runBoth}</button>
          <button ?disabled=${editor === null || isRunning} @click=${this.runFailing}>${words.runFailing}</button>
        </div>
        <div class="said" role="status">${this.said()}</div>
      </section>
      <div class="benches"><slot></slot></div>`;
  }

  private choose(i: number, menu: KernelMenu): void {
    const [one, other] = this.menus;
    this.menus = i === 0 ? [menu, other] : [one, menu];
  }

  private async take(event: Event): Promise<void> {
    const name = (event.target as HTMLSelectElement).value;
    if (name !== '') this.editor?.replace(await programText(name));
  }

  private said(): TemplateResult | typeof nothing {
    const { beat, parting, problem, words } = this;
    if (problem !== null) return html`<p class="bad">${problem}</p>`;
    if (beat !== null)
      return html`<p>${words.askingChecker} ${words.executions(beat.toLocaleString())}</p>`;
    if (parting === undefined) return nothing;
    if (parting === null) return html`<p>${words.noParting}</p>`;
    const [left, right] = parting.sentences.map((sentence) => sentence ?? words.runIsOver);
    return html`<p>${words.theyPart}</p>
      <p>${words.kernelA}: <b>${left}</b><br />${words.kernelB}: <b>${right}</b></p>
      <p><button @click=${this.showParting}>${words.showParting}</button></p>`;
  }
}
