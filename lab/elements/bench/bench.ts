/**
 * `<epollsim-bench program="03-callback">`: a program on the left, the kernel on the right, and the
 * whole run below, to be stepped through forwards and backwards.
 *
 * Attributes: `program`, `kernel`, `with`, `without` (ids of commits), `schedule` (a name), `at` (words of
 * the moment to open at), `choose` (there are menus for program and kernel), `stepwise` (it goes no further
 * than the steps that were given: whoever listens to `epollsim-run` chooses the next).
 */

import kernels from 'virtual:epollsim/kernels';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Moment, Recording } from '../../model/recording.ts';
import { reasonOf, SpeakingElement } from '../base_elements.ts';
import type { Editor } from '../editor.ts';
import { kernelMenu } from '../kernel_menu.ts';
import { loadSources, programNames } from '../site.ts';
import { controlsOf, isTypedInto, moveOfKey } from './controls.ts';
import { legendOf } from './legend.ts';
import { fragmentOf, type Place, placeIn } from './link.ts';
import { forward, type Move, placeOf } from './moves.ts';
import { noticesOf } from './notices.ts';
import { nowOf } from './now.ts';
import { keepInView, whenNear } from './scroll.ts';
import {
  kernelName,
  placeOfSetup,
  recordingOf,
  type Setup,
  setupOf,
  setupOfPlace,
} from './setup.ts';
import { stageOf } from './stage.ts';
import { styles } from './styles.ts';
import { type Lanes, lanesOf, timelineOf } from './timeline.ts';

/** What has been run, for those who listen to `epollsim-run`. */
export interface Run {
  readonly setup: Setup;
  readonly recording: Recording;
}

export class EpollsimBench extends SpeakingElement {
  static override styles = styles;
  static override properties = {
    program: {},
    kernel: {},
    with: {},
    without: {},
    schedule: {},
    at: {},
    choose: { type: Boolean },
    stepwise: { type: Boolean },
    setup: { state: true },
    recording: { state: true },
    place: { state: true },
    problem: { state: true },
    isBusy: { state: true },
    isPlaying: { state: true },
    speed: { state: true },
    width: { state: true },
    editor: { state: true },
    linkNote: { state: true },
  };

  declare program: string;
  declare kernel: string | null;
  declare with: string | null;
  declare without: string | null;
  declare schedule: string | null;
  declare at: string | null;
  declare choose: boolean;
  declare stepwise: boolean;
  /** What runs; null until it is known. */
  declare setup: Setup | null;
  declare recording: Recording | null;
  /** How many moments have happened. */
  declare place: number;
  /** Why there is nothing to see, in words; null if there is. */
  declare problem: string | null;
  /** The model runs the program. */
  declare isBusy: boolean;
  declare isPlaying: boolean;
  declare speed: number;
  declare width: number;
  /** Where the program is being changed; null while it is only read. */
  declare editor: Editor | null;
  declare linkNote: string | null;

  private lanes: Lanes = { length: 0, lanes: [] };
  private threads: readonly string[] = [];
  private player: ReturnType<typeof setInterval> | undefined;
  private readonly size: ResizeObserver = new ResizeObserver(([entry]) => {
    this.width = entry?.contentRect.width ?? 0;
  });

  constructor() {
    super();
    this.program = programNames[0] ?? '';
    this.kernel = this.with = this.without = this.schedule = this.at = null;
    this.choose = this.stepwise = false;
    this.setup = this.recording = this.problem = this.editor = this.linkNote = null;
    this.place = 0;
    this.isPlaying = false;
    this.isBusy = true;
    this.speed = 800;
    this.width = 0;
  }

  // ── Coming and going ─────────────────────────────────────────────────────────────────────────

  override connectedCallback(): void {
    super.connectedCallback();
    this.size.observe(this);
    this.addEventListener('keydown', this.onKey);
    document.addEventListener('keydown', this.onPageKey);
    window.addEventListener('hashchange', this.onFragment);
    void loadSources().then(() => this.requestUpdate());
    void this.openFirst();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.pause();
    this.size.disconnect();
    document.removeEventListener('keydown', this.onPageKey);
    window.removeEventListener('hashchange', this.onFragment);
  }

  private async openFirst(): Promise<void> {
    if (await this.openLink()) return;
    await whenNear(this);
    if (this.setup === null) await this.open(() => setupOf(this));
  }

  /** Opens what the fragment of the address names; false where that is not for this bench. */
  private async openLink(): Promise<boolean> {
    const place = await placeIn(location.hash);
    if (place === null || !this.isMeantBy(place)) return false;
    await this.open(() => setupOfPlace(place), place.at);
    this.scrollIntoView({ block: 'nearest' });
    return true;
  }

  private isMeantBy({ program }: Place): boolean {
    const benches = [...document.querySelectorAll<EpollsimBench>('epollsim-bench')];
    const named = benches.find((bench) => bench.getAttribute('program') === program);
    return (named ?? benches[0]) === this;
  }

  private readonly onFragment = (): void => void this.openLink();

  /** Records what runs, and goes to the place `at`, or to the moment that the attribute names. */
  private async open(find: () => Setup | Promise<Setup>, at?: number): Promise<void> {
    this.pause();
    this.problem = null;
    this.isBusy = true;
    try {
      const setup = await find();
      if (setup.text !== this.setup?.text) this.recording = null;
      this.setup = setup;
      const recording = await recordingOf(setup, this.stepwise ? 'stop' : 'rest');
      if (this.setup !== setup) return;
      this.show(recording);
      this.goTo(at ?? this.placeAsked(recording.moments));
      const run: Run = { setup, recording };
      this.dispatchEvent(new CustomEvent('epollsim-run', { detail: run, bubbles: true }));
    } catch (error) {
      this.recording = null;
      this.problem = reasonOf(error, this.words);
    }
    this.isBusy = false;
  }

  /** Runs something else, and shows the machine behind `at` moments. */
  async present(setup: Setup, at = 0): Promise<void> {
    await this.open(() => setup, at);
  }

  /** Runs what it runs along other steps, and shows the last moment of it. */
  async follow(steps: readonly string[]): Promise<void> {
    const { setup } = this;
    if (setup !== null) await this.open(() => ({ ...setup, steps }), Number.POSITIVE_INFINITY);
  }

  private show(recording: Recording): void {
    this.recording = recording;
    this.lanes = lanesOf(recording);
    this.threads = [...new Set(recording.moments.flatMap(({ lines }) => Object.keys(lines)))];
  }

  private placeAsked(moments: readonly Moment[]): number {
    if (this.at === null) return 0;
    const place = placeOf(moments, this.at);
    if (place === null) this.problem = this.words.noSuchMoment(this.at);
    return place ?? 0;
  }

  // ── Moving ───────────────────────────────────────────────────────────────────────────────────

  private get moments(): readonly Moment[] {
    return this.recording?.moments ?? [];
  }

  private go(move: Move): void {
    this.pause();
    this.goTo(move(this.moments, this.place));
  }

  /** Shows the machine behind so many moments. */
  goTo(place: number): void {
    this.place = Math.max(0, Math.min(place, this.moments.length));
    this.linkNote = null;
  }

  private playOrPause(): void {
    if (this.isPlaying) return this.pause();
    if (this.place === this.moments.length) this.goTo(0);
    this.isPlaying = true;
    clearInterval(this.player);
    this.player = setInterval(() => {
      this.goTo(forward(this.moments, this.place));
      if (this.place === this.moments.length) this.pause();
    }, this.speed);
  }

  private pause(): void {
    clearInterval(this.player);
    this.isPlaying = false;
  }

  private setSpeed(ms: number): void {
    this.speed = ms;
    if (!this.isPlaying) return;
    this.pause();
    this.playOrPause();
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const [target] = event.composedPath();
    if (target instanceof HTMLElement && isTypedInto(target)) return;
    const move = moveOfKey(event);
    const isButton = target instanceof HTMLButtonElement;
    if (move !== null) this.go(move);
    else if (event.key === ' ' && !isButton) this.playOrPause();
    else return;
    event.preventDefault();
  };

  /** Keys that nobody else takes are for the only bench of the page. */
  private readonly onPageKey = (event: KeyboardEvent): void => {
    const isFree = document.activeElement === null || document.activeElement === document.body;
    const isOnly = document.querySelectorAll('epollsim-bench').length === 1;
    if (isFree && isOnly) this.onKey(event);
  };

  // ── Links, edits, kernels ────────────────────────────────────────────────────────────────────

  private async copyLink(): Promise<void> {
    const { place, recording, setup, words } = this;
    if (setup === null || recording === null) return;
    const steps = this.moments[place - 1]?.steps ?? 0;
    const isLed = setup.steps.length > 0;
    const taken = recording.turns.flatMap((turn) => turn.taken ?? []);
    const led = isLed ? taken : taken.slice(0, steps);
    const fragment = await fragmentOf(placeOfSetup(setup, led, place));
    history.replaceState(history.state, '', fragment);
    this.linkNote = await navigator.clipboard
      .writeText(location.href)
      .then(() => words.copied)
      .catch(() => words.notCopied);
  }

  private async edit(): Promise<void> {
    const { setup } = this;
    if (setup === null) return;
    const { makeEditor } = await import('../editor.ts');
    const { program: label } = this.words;
    const options = { text: setup.text, label, onRun: () => this.runEdited() };
    this.editor = makeEditor(options, this.language, this.renderRoot as ShadowRoot);
  }

  private runEdited(): void {
    const { editor, setup } = this;
    if (editor === null || setup === null) return;
    const text = editor.text();
    this.stopEditing();
    void this.open(() => ({ ...setup, text, steps: text === setup.text ? setup.steps : [] }));
  }

  private stopEditing(): void {
    this.editor?.destroy();
    this.editor = null;
  }

  private change(change: Partial<Setup>): void {
    const { setup } = this;
    if (setup !== null) void this.open(() => ({ ...setup, steps: [], ...change }));
  }

  private openProgram(program: string): Promise<void> {
    const kernel = this.setup?.kernel ?? {};
    return this.open(async () => ({ ...(await setupOf({ ...noAttributes, program })), kernel }));
  }

  // ── Drawing ──────────────────────────────────────────────────────────────────────────────────

  override updated(changed: PropertyValues): void {
    if (!changed.has('place') && !changed.has('recording')) return;
    for (const panel of this.renderRoot.querySelectorAll('.listing')) {
      keepInView(panel, panel.querySelector('.lit') ?? panel.querySelector('.here'));
    }
    const kernel = this.renderRoot.querySelector('.kernel');
    if (kernel !== null) keepInView(kernel, kernel.querySelector('.changed'));
  }

  override render(): TemplateResult {
    const { editor, isPlaying, moments, place, problem, recording, setup, words } = this;
    const moment = moments[place - 1] ?? null;
    return html`<div
      role="group"
      class="bench ${this.width >= 860 ? 'wide' : 'narrow'}"
      tabindex="0"
      aria-label=${words.bench(this.title_)}
      aria-busy=${this.isBusy}
    >
      <header>
        <p class="what">
          ${this.choose ? this.menus() : html`<b>${this.title_}</b>`}
          <span class="release">${setup === null ? nothing : kernelName(setup, kernels.newest)}</span>
        </p>
        <p class="actions">
          ${setup !== null && setup.text !== setup.original ? html`<button @click=${() => this.change({ text: setup.original })}>${words.undoEdits}</button>` : nothing}
          ${setup?.task === undefined ? html`<button ?disabled=${setup === null || this.editor !== null} @click=${() => this.edit()}>${words.edit}</button>` : nothing}
          <button ?disabled=${this.recording === null} @click=${() => this.copyLink()}>${words.copyLink}</button>
          <span role="status">${this.linkNote ?? nothing}</span>
        </p>
      </header>
      <div class="bar">
        ${nowOf(words, { moment, otherwise: this.otherwise, place, length: moments.length, isPlaying })}
        ${controlsOf(words, {
          isPlaying,
          place,
          length: moments.length,
          speed: this.speed,
          go: (move) => this.go(move),
          playOrPause: () => this.playOrPause(),
          setSpeed: (ms) => this.setSpeed(ms),
        })}
      </div>
      ${noticesOf(words, this.language, { problem, recording, place })}
      ${stageOf(words, {
        text: setup?.text ?? null,
        threads: this.threads,
        moment,
        before: moments[place - 2] ?? null,
        width: this.width,
        editor: editor && this.editing(editor),
      })}
      ${timelineOf(
        words,
        this.lanes,
        place,
        moment?.context ?? null,
        moment?.sentence ?? words.beforeShort,
        (to) => {
          this.pause();
          this.goTo(to);
        },
      )}
      ${legendOf(words)}
    </div>`;
  }

  private get title_(): string {
    return this.setup?.program ?? (this.setup === null ? this.program : this.words.ownProgram);
  }

  /** What is said where nothing has happened yet; nothing where the reason why is said elsewhere. */
  private get otherwise(): string {
    const { problem, recording, words } = this;
    if (recording !== null) return recording.moments.length > 0 ? words.before : words.beforeChoice;
    return problem === null ? words.loading : '';
  }

  private editing(editor: Editor): TemplateResult {
    const { words } = this;
    return html`<div class="editor">
      ${editor.element}
      <p>
        <button class="step" @click=${() => this.runEdited()}>${words.run}</button>
        <button @click=${() => this.stopEditing()}>${words.cancel}</button>
        <span>${words.editorHint}</span>
      </p>
    </div>`;
  }

  private menus(): TemplateResult {
    const { setup, words } = this;
    const open = (event: Event): void =>
      void this.openProgram((event.target as HTMLSelectElement).value);
    return html`<span class="menus">
      <label>${words.program}
        <select @change=${open}>
          ${setup?.program === null ? html`<option selected>${words.ownProgram}</option>` : nothing}
          ${programNames.map((name) => html`<option ?selected=${name === setup?.program}>${name}</option>`)}
        </select>
      </label>
      ${kernelMenu.draw(words, words.kernelChoice, kernelMenu.menuOf(setup?.kernel ?? {}), (menu) =>
        this.change({ kernel: kernelMenu.choiceOf(menu) }),
      )}
    </span>`;
  }
}

const noAttributes = { kernel: null, with: null, without: null, schedule: null };
