/**
 * `<epollsim-scheduler>` around a bench with `stepwise`: at each point the reader says who goes next, and may ask
 * the checker for a way that fails.
 */

import type { Turn } from 'epollsim';
import { css, html, nothing, type TemplateResult } from 'lit';
import { ask, Endless } from '../model/client.ts';
import type { Checked, Said } from '../model/messages.ts';
import { SpeakingElement } from './base_elements.ts';
import { baseStyles } from './base_styles.ts';
import type { EpollsimBench, Run } from './bench/bench.ts';

export class EpollsimScheduler extends SpeakingElement {
  static override styles = [
    baseStyles,
    css`
      .next {
        position: sticky;
        bottom: 0;
        z-index: 6;
        margin-top: 1rem;
        padding: 0.75rem 1rem;
        border: 1px solid var(--line);
        border-top: 3px solid var(--accent);
        border-radius: 0 0 12px 12px;
        background: var(--bg);
        box-shadow: 0 -6px 20px rgb(0 0 0 / 8%);
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0.25rem 1rem;
        margin-bottom: 0.5rem;
      }
      .head span {
        color: var(--fg-soft);
        font-size: 0.8125rem;
      }
      .choices,
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
      }
      .choices {
        min-height: 2.75rem;
      }
      .row {
        margin-left: auto;
      }
      .row button {
        min-height: 1.875rem;
        padding: 0 0.625rem;
        font-size: 0.8125rem;
      }
      @media (max-width: 639px) {
        .next {
          margin-inline: -24px;
          border-radius: 0;
        }
        .row {
          flex-wrap: nowrap;
          max-width: 100%;
          margin-left: 0;
          overflow-x: auto;
        }
        .row button {
          flex: none;
        }
      }
      .panel {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr));
        gap: 1.25rem 2rem;
        margin: 1.25rem 0;
        padding: 1rem 1.25rem;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--soft);
      }
      .choices button {
        display: inline-flex;
        align-items: baseline;
        gap: 0.6rem;
        min-height: 2.75rem;
        padding: 0.5rem 0.875rem;
        text-align: left;
        align-items: center;
      }
      .choices kbd {
        color: var(--fg-soft);
        font: 0.75rem var(--mono);
      }
      .choices code b {
        color: var(--accent);
      }
      .said p + p {
        margin-top: 0.35rem;
      }
      .bad {
        color: var(--bad);
      }
      .checker p {
        margin-top: 0.5rem;
      }
    `,
  ];
  static override properties = {
    run: { state: true },
    said: { state: true },
    beat: { state: true },
    checked: { state: true },
    problem: { state: true },
  };

  /** What the bench has run last; null until it has. */
  declare run: Run | null;
  /** What the detectors say of a run that is over; null while it is not. */
  declare said: readonly Said[] | null;
  /** How often the checker has run the program; null while it does not. */
  declare beat: number | null;
  declare checked: Checked | null;
  declare problem: string | null;

  constructor() {
    super();
    this.run = this.said = this.beat = this.checked = this.problem = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('epollsim-run', this.onRun as EventListener);
    document.addEventListener('keydown', this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.onKey);
  }

  private get bench(): EpollsimBench | null {
    return this.querySelector<EpollsimBench>('epollsim-bench');
  }

  private get turns(): readonly Turn[] {
    return this.run?.recording.turns ?? [];
  }

  /** Who can go next; empty when the run is over. */
  private get possible(): readonly string[] {
    const last = this.turns.at(-1);
    return last === undefined || last.taken !== null ? [] : last.possible;
  }

  private get taken(): string[] {
    return this.turns.flatMap(({ taken }) => taken ?? []);
  }

  private readonly onRun = ({ detail }: CustomEvent<Run>): void => {
    const before = this.run?.setup;
    const isOther = before?.text !== detail.setup.text || before.kernel !== detail.setup.kernel;
    if (isOther) this.checked = null;
    this.run = detail;
    this.said = null;
    if (this.possible.length === 0) void this.detect(detail);
  };

  private async detect(run: Run): Promise<void> {
    const { recording, setup } = run;
    const { kernel, text } = setup;
    const said = await ask('detect', { text, kernel, schedule: recording.schedule }).catch(
      () => [],
    );
    if (this.run === run) this.said = said;
  }

  private follow(steps: readonly string[]): void {
    void this.bench?.follow(steps);
  }

  private choose(step: string | undefined): void {
    if (step !== undefined) this.follow([...this.taken, step]);
  }

  /** One step further while there is one, always with whoever is named first: the run that a quiet machine makes. */
  private async goOn(): Promise<void> {
    const { run } = this;
    if (run === null) return;
    const { kernel, text } = run.setup;
    const { turns } = await ask('record', { text, options: { ...kernel, steps: this.taken } });
    this.follow(turns.flatMap(({ taken }) => taken ?? []));
  }

  private async check(): Promise<void> {
    const { run, words } = this;
    if (run === null || this.beat !== null) return;
    const { kernel, text } = run.setup;
    this.beat = 0;
    this.checked = this.problem = null;
    try {
      this.checked = await ask('check', { text, kernel }, (count) => {
        this.beat = count;
      });
    } catch (error) {
      this.problem = error instanceof Endless ? words.endless : String(error);
    }
    this.beat = null;
  }

  /** Digits choose, unless somebody writes. */
  private readonly onKey = (event: KeyboardEvent): void => {
    const [target] = event.composedPath();
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (
      target instanceof HTMLElement &&
      target.closest('input:not([type=range]), select, textarea, [contenteditable=true]')
    )
      return;
    const step = /^[1-9]$/.test(event.key) ? this.possible[Number(event.key) - 1] : undefined;
    if (step !== undefined) this.choose(step);
    else if (event.key === 'Backspace') this.follow(this.taken.slice(0, -1));
    else return;
    event.preventDefault();
  };

  override render(): TemplateResult {
    const { possible, run, taken, words } = this;
    const isOver = possible.length === 0;
    const any = (): void => this.choose(possible[Math.floor(Math.random() * possible.length)]);
    return html`<slot></slot>
      <div class="next">
        <div class="head">
          <b>${words.whoNext}</b><span>${words.stepsChosen(taken.length)}</span>
          <div class="row">
            <button ?disabled=${isOver} @click=${any}>${words.lucky}</button>
            <button ?disabled=${isOver} @click=${this.goOn}>${words.goOn}</button>
            <button ?disabled=${taken.length === 0} @click=${() => this.follow(taken.slice(0, -1))}>${words.undo}</button>
            <button ?disabled=${taken.length === 0} @click=${() => this.follow([])}>${words.fromStart}</button>
          </div>
        </div>
        <div class="choices" role="group" aria-label=${words.whoNext}>
          ${run === null ? words.loading : isOver ? words.noneNext : possible.map((step, i) => this.choice(step, i))}
        </div>
      </div>
      <div class="panel">
        <div>
          <p class="head"><b>${words.detectors}</b></p>
          <div class="said" role="status">${this.findings()}</div>
        </div>
        <div class="checker">
          <button class="step" ?disabled=${run === null || this.beat !== null} @click=${this.check}>${words.askChecker}</button>
          <div role="status">${this.answer()}</div>
        </div>
      </div>`;
  }

  private choice(step: string, i: number): TemplateResult {
    const colon = step.indexOf(':');
    return html`<button @click=${() => this.choose(step)}>
      ${i < 9 ? html`<kbd aria-hidden="true">${i + 1}</kbd>` : nothing}<code><b>${step.slice(0, colon)}</b>${step.slice(colon)}</code>
    </button>`;
  }

  private findings(): TemplateResult | string {
    const { said, words } = this;
    if (said === null) return words.whenOver;
    if (said.length === 0) return words.nothingSaid;
    return html`${said.map(({ kind, sentence }) => html`<p><b>${kind}</b>: ${sentence}</p>`)}`;
  }

  private answer(): TemplateResult {
    const { beat, checked, problem, words } = this;
    if (problem !== null) return html`<p class="bad">${problem}</p>`;
    if (beat !== null) {
      return html`<p>${words.askingChecker} ${beat > 0 ? words.executions(beat.toLocaleString()) : nothing}</p>`;
    }
    if (checked === null) return html``;
    const { complete, estimate, executions, finding } = checked;
    return html`<p>
        ${words.interleavings(executions.toLocaleString(), complete)}
        ${estimate === null ? nothing : words.moreInterleavings(estimate.low.toLocaleString(), estimate.high.toLocaleString())}
        ${finding === null ? words.noneFails : nothing}
      </p>
      ${
        finding === null
          ? nothing
          : html`<p class="bad"><b>${words.fails(finding.kind)}</b> ${finding.sentence} ${words.preemptions(finding.preemptions)}</p>
              <p><button @click=${() => this.follow(finding.steps)}>${words.showFailing}</button></p>`
      }`;
  }
}
