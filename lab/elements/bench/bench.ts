/**
 * `<epollsim-bench program="03-callback">`: a program on the left, the kernel on the right, and the
 * whole run below, to be stepped through forwards and backwards.
 *
 * Attributes: `program`, `kernel`, `with`, `without` (ids of commits), `schedule` (a name), `at` (words of
 * the moment to open at), `choose` (there are menus for program and kernel), `stepwise` (it goes no further
 * than the steps that were given: whoever listens to `epollsim-run` chooses the next).
 */
import { html, type PropertyValues, type TemplateResult } from 'lit';
import type { Moment, Recording } from '../../model/recording.ts';
import { reasonOf, SpeakingElement } from '../base_elements.ts';
import { copyAddress } from '../copy_address.ts';
import type { Editor } from '../editor.ts';
import { loadSources, programNames } from '../site.ts';
import { controlsOf } from './controls.ts';
import { editingOf } from './editing.ts';
import { headOf } from './head.ts';
import { Keys } from './keys.ts';
import { legendOf } from './legend.ts';
import { fragmentOf, type Place, placeIn } from './link.ts';
import { type Move, placeOf } from './moves.ts';
import { noticesOf } from './notices.ts';
import { nowOf } from './now.ts';
import { Player } from './player.ts';
import { keepInView, whenNear } from './scroll.ts';
import { placeOfRun, recordingOf, type Setup, setupOf, setupOfPlace } from './setup.ts';
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
  declare width: number;
  /** Where the program is being changed; null while it is only read. */
  declare editor: Editor | null;
  declare linkNote: string | null;

  private lanes: Lanes = { length: 0, lanes: [] };
  private threads: readonly string[] = [];
  private readonly player: Player = new Player(this);
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
    this.isBusy = true;
    this.width = 0;
    new Keys(this, {
      go: (move) => this.go(move),
      playOrPause: () => this.player.playOrPause(),
    });
  }

  // ── Coming and going ─────────────────────────────────────────────────────────────────────────

  override connectedCallback(): void {
    super.connectedCallback();
    this.size.observe(this);
    window.addEventListener('hashchange', this.onFragment);
    void loadSources().then(() => this.requestUpdate());
    void this.openFirst();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.size.disconnect();
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
    if (place === null || benchMeantBy(place) !== this) return false;
    await this.open(() => setupOfPlace(place), place.at);
    this.scrollIntoView({ block: 'nearest' });
    return true;
  }

  private readonly onFragment = (): void => void this.openLink();

  /** Records what runs, and goes to the place `at`, or to the moment that the attribute names. */
  private async open(find: () => Setup | Promise<Setup>, at?: number): Promise<void> {
    this.player.pause();
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

  get moments(): readonly Moment[] {
    return this.recording?.moments ?? [];
  }

  private go(move: Move): void {
    this.player.pause();
    this.goTo(move(this.moments, this.place));
  }

  /** Shows the machine behind so many moments. */
  goTo(place: number): void {
    this.place = Math.max(0, Math.min(place, this.moments.length));
    this.linkNote = null;
  }

  // ── Links, edits, kernels ────────────────────────────────────────────────────────────────────

  private async copyLink(): Promise<void> {
    const { place, recording, setup, words } = this;
    if (setup === null || recording === null) return;
    const fragment = await fragmentOf(placeOfRun(setup, recording, place));
    history.replaceState(history.state, '', fragment);
    this.linkNote = await copyAddress(words);
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
    const { editor, moments, place, player, problem, recording, setup, words } = this;
    const { isPlaying, speed } = player;
    const moment = moments[place - 1] ?? null;
    return html`<div
      role="group"
      class="bench ${this.width >= 860 ? 'wide' : 'narrow'}"
      tabindex="0"
      aria-label=${words.bench(this.heading)}
      aria-busy=${this.isBusy}
    >
      ${headOf(words, {
        title: this.heading,
        setup,
        choose: this.choose,
        isEditing: editor !== null,
        hasRun: recording !== null,
        linkNote: this.linkNote,
        edit: () => void this.edit(),
        copyLink: () => void this.copyLink(),
        openProgram: (name) => void this.openProgram(name),
        change: (changed) => this.change(changed),
      })}
      <div class="bar">
        ${nowOf(words, { moment, otherwise: this.otherwise, place, length: moments.length, isPlaying })}
        ${controlsOf(words, {
          isPlaying,
          place,
          length: moments.length,
          speed,
          go: (move) => this.go(move),
          playOrPause: () => player.playOrPause(),
          setSpeed: (ms) => player.setSpeed(ms),
        })}
      </div>
      ${noticesOf(words, this.language, { problem, recording, place })}
      ${stageOf(words, {
        text: setup?.text ?? null,
        threads: this.threads,
        moment,
        before: moments[place - 2] ?? null,
        width: this.width,
        editor:
          editor &&
          editingOf(words, {
            editor,
            run: () => this.runEdited(),
            cancel: () => this.stopEditing(),
          }),
      })}
      ${timelineOf(
        words,
        this.lanes,
        place,
        moment?.context ?? null,
        moment?.sentence ?? words.beforeShort,
        (to) => {
          this.player.pause();
          this.goTo(to);
        },
      )}
      ${legendOf(words)}
    </div>`;
  }

  private get heading(): string {
    return this.setup?.program ?? (this.setup === null ? this.program : this.words.ownProgram);
  }

  /** What is said where nothing has happened yet; nothing where the reason why is said elsewhere. */
  private get otherwise(): string {
    const { problem, recording, words } = this;
    if (recording !== null) return recording.moments.length > 0 ? words.before : words.beforeChoice;
    return problem === null ? words.loading : '';
  }
}

/** The bench that a link is for: the first that has its program, or else the first. */
function benchMeantBy({ program }: Place): EpollsimBench | undefined {
  const benches = [...document.querySelectorAll<EpollsimBench>('epollsim-bench')];
  return benches.find((bench) => bench.getAttribute('program') === program) ?? benches[0];
}

const noAttributes = { kernel: null, with: null, without: null, schedule: null };
