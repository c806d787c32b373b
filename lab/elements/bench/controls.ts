/** The buttons of the bench. */
import { html, svg, type TemplateResult } from 'lit';
import type { UiWords } from '../words.ts';
import { back, backOverCall, forward, type Move, overCall, toWakeup } from './moves.ts';

const toStart: Move = () => 0;
const toEnd: Move = (moments) => moments.length;

/** Which move a key makes; null for keys that make none. */
export function moveOfKey({ key, shiftKey }: KeyboardEvent): Move | null {
  if (key === 'ArrowRight') return shiftKey ? overCall : forward;
  if (key === 'ArrowLeft') return shiftKey ? backOverCall : back;
  if (key === 'w') return toWakeup;
  if (key === 'Home') return toStart;
  if (key === 'End') return toEnd;
  return null;
}

/** How long a step lasts when it plays, in ms, by its name. */
export const speeds: readonly (readonly [string, number])[] = [
  ['½×', 1600],
  ['1×', 800],
  ['2×', 400],
  ['5×', 160],
];

const icons = {
  start: 'M4 4v12M16 4 7 10l9 6z',
  end: 'M16 4v12M4 4l9 6-9 6z',
  backOver: 'M10 4 4 10l6 6zM17 4l-6 6 6 6z',
  back: 'M11 4 3 10l8 6zM16 4v12',
  forward: 'M4 4v12M9 4l8 6-8 6z',
  over: 'M10 4l6 6-6 6zM3 4l6 6-6 6z',
  wakeup: 'M10 3v9M5.5 8.5 10 13l4.5-4.5M4 17h12',
  play: 'M6 4l10 6-10 6z',
  pause: 'M7 4v12M13 4v12',
} as const;

/** A picture by its name. */
export const icon = (name: keyof typeof icons): TemplateResult =>
  html`<svg viewBox="0 0 20 20" aria-hidden="true">${svg`<path class=${name === 'play' || name === 'pause' ? 'solid' : ''} d=${icons[name]}></path>`}</svg>`;

/** What the buttons do, and what they show of it. */
export interface Controls {
  readonly isPlaying: boolean;
  readonly place: number;
  readonly length: number;
  readonly speed: number;
  readonly go: (move: Move) => void;
  readonly playOrPause: () => void;
  readonly setSpeed: (ms: number) => void;
}

export function controlsOf(words: UiWords, controls: Controls): TemplateResult {
  const { go, isPlaying, length, place, playOrPause, setSpeed, speed } = controls;
  const button = (
    name: keyof typeof icons,
    label: string,
    keys: string,
    move: Move,
    off: boolean,
  ) =>
    html`<button title="${label} (${keys})" aria-label=${label} aria-keyshortcuts=${keys} ?disabled=${off} @click=${() => go(move)}>${icon(name)}</button>`;
  const isStart = place === 0;
  const isEnd = place === length;
  return html`<div class="controls" role="toolbar" aria-label=${words.bench('')}>
    ${button('start', words.toStart, 'Home', toStart, isStart)}
    ${button('backOver', words.backOverCall, 'Shift+ArrowLeft', backOverCall, isStart)}
    ${button('back', words.back, 'ArrowLeft', back, isStart)}
    <button class="step" title="${words.forward} (→)" aria-keyshortcuts="ArrowRight" ?disabled=${isEnd} @click=${() => go(forward)}>
      ${icon('forward')}<span>${words.forward}</span>
    </button>
    ${button('over', words.overCall, 'Shift+ArrowRight', overCall, isEnd)}
    ${button('wakeup', words.toWakeup, 'w', toWakeup, isEnd)}
    <button title="${isPlaying ? words.pause : words.play} (${words.space})" aria-label=${isPlaying ? words.pause : words.play} @click=${playOrPause}>
      ${icon(isPlaying ? 'pause' : 'play')}
    </button>
    <select aria-label=${words.speed} @change=${(event: Event) => setSpeed(Number((event.target as HTMLSelectElement).value))}>
      ${speeds.map(([name, ms]) => html`<option value=${ms} ?selected=${ms === speed}>${name}</option>`)}
    </select>
  </div>`;
}

/** Where keys write, or choose. */
export const isTypedInto = (element: HTMLElement): boolean =>
  element.isContentEditable ||
  element instanceof HTMLTextAreaElement ||
  element instanceof HTMLSelectElement ||
  (element instanceof HTMLInputElement && element.type !== 'range');
