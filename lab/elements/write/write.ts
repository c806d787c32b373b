/**
 * `<epollsim-write>` around two benches: a program is written, with what TypeScript says of it, and runs on two
 * kernels along the same steps.
 */

import kernels from 'virtual:epollsim/kernels';
import type { KernelChoice } from 'epollsim';
import { html, nothing, type TemplateResult } from 'lit';
import { ask, Refused } from '../../model/client.ts';
import { reasonOf, WritingElement } from '../base_elements.ts';
import { baseStyles } from '../base_styles.ts';
import type { EpollsimBench } from '../bench/bench.ts';
import { copyAddress } from '../copy_address.ts';
import type { EditorOptions } from '../editor.ts';
import { type KernelMenu, kernelMenu } from '../kernel_menu.ts';
import { programNames, programText } from '../site.ts';
import { fragmentOf, type Writing, writingIn } from './link.ts';
import { type Parting, partingOf } from './parting.ts';
import { styles } from './styles.ts';

const draftKey = 'epollsim:write';

/** So long nothing is written before the address follows, in ms. */
const pause = 400;

/** What has run last. */
interface Ran {
  readonly text: string;
  readonly kernel: KernelMenu;
  /** Those that were asked for. */
  readonly steps: readonly string[];
}

export class EpollsimWrite extends WritingElement {
  static override styles = [baseStyles, styles];
  static override properties = {
    errors: { state: true },
    isRunning: { state: true },
    problem: { state: true },
    parting: { state: true },
    beat: { state: true },
    menus: { state: true },
    linkNote: { state: true },
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
  declare linkNote: string | null;

  /** What the address held as the page was opened; null if nothing. */
  private linked: Writing | null = null;
  private ran: Ran | null = null;
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.errors = this.linkNote = this.problem = this.beat = null;
    this.parting = undefined;
    this.isRunning = false;
    this.menus = [
      { release: '5.6', commit: '' },
      { release: kernels.newest, commit: '' },
    ];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('hashchange', this.onFragment);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.later);
    window.removeEventListener('hashchange', this.onFragment);
  }

  protected override async open(): Promise<void> {
    const linked = await writingIn(location.hash);
    this.linked = linked;
    if (linked !== null) this.choose(linked.kernels);
    await super.open();
    if (linked !== null) await this.follow(linked);
  }

  protected override async editorOptions(): Promise<EditorOptions> {
    const [{ typescript }, text] = await Promise.all([
      import('./typescript.ts'),
      programText('13-lost-wakeup'),
    ]);
    return {
      text: this.linked?.text ?? sessionStorage.getItem(draftKey) ?? text,
      label: this.words.program,
      onChange: (changed) => {
        sessionStorage.setItem(draftKey, changed);
        this.changed();
      },
      onRun: () => void this.run(),
      extensions: typescript((errors) => {
        this.errors = errors;
      }),
    };
  }

  // ── The address ──────────────────────────────────────────────────────────────────────────────

  /** Runs what an address holds. */
  private async follow({ kernels, steps, text }: Writing): Promise<void> {
    if (this.editor?.text() !== text) this.editor?.replace(text);
    this.choose(kernels);
    await this.runBoth(async () => steps);
  }

  private choose([one, other]: Writing['kernels']): void {
    this.menus = [kernelMenu.menuOf(one), kernelMenu.menuOf(other)];
  }

  private readonly onFragment = async (): Promise<void> => {
    const writing = await writingIn(location.hash);
    if (writing !== null) await this.follow(writing);
  };

  /** The address follows what is written and chosen, a little later. */
  private changed(): void {
    this.linkNote = null;
    clearTimeout(this.later);
    this.later = setTimeout(() => void this.keepAddress(), pause);
  }

  private async keepAddress(): Promise<void> {
    clearTimeout(this.later);
    const { editor, menus, ran } = this;
    if (editor === null) return;
    const text = editor.text();
    const isSame = ran !== null && ran.text === text && isEqual(ran.kernel, menus[0]);
    const fragment = await fragmentOf({
      text,
      kernels: [kernelMenu.choiceOf(menus[0]), kernelMenu.choiceOf(menus[1])],
      steps: isSame ? ran.steps : [],
    });
    if (this.isConnected) history.replaceState(history.state, '', fragment);
  }

  private async copyLink(): Promise<void> {
    await this.keepAddress();
    this.linkNote = await copyAddress(this.words);
  }

  // ── Running ──────────────────────────────────────────────────────────────────────────────────

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
      this.ran = { text, kernel: menus[0], steps: wanted };
      await this.keepAddress();
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
    const { editor, errors, isRunning, linkNote, menus, words } = this;
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
          ${menus.map((menu, i) => kernelMenu.draw(words, i === 0 ? words.kernelA : words.kernelB, menu, (next) => this.chooseOne(i, next)))}
          <button class="step" ?disabled=${editor === null || isRunning} @click=${this.run}>${words.runBoth}</button>
          <button ?disabled=${editor === null || isRunning} @click=${this.runFailing}>${words.runFailing}</button>
          <button ?disabled=${editor === null} @click=${this.copyLink}>${words.copyLink}</button>
          <span role="status">${linkNote ?? nothing}</span>
        </div>
        <div class="said" role="status">${this.said()}</div>
      </section>
      <div class="benches"><slot></slot></div>`;
  }

  private chooseOne(i: number, menu: KernelMenu): void {
    const [one, other] = this.menus;
    this.menus = i === 0 ? [menu, other] : [one, menu];
    this.changed();
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

const isEqual = (one: KernelMenu, other: KernelMenu): boolean =>
  one.release === other.release && one.commit === other.commit;
