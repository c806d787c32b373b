/** What has just happened, in a sentence. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Moment } from '../../model/recording.ts';
import { sourceOf } from '../site.ts';
import type { UiWords } from '../words.ts';

export interface Now {
  /** Null before the first. */
  readonly moment: Moment | null;
  /** What is said where there is none. */
  readonly otherwise: string;
  /** How many moments have happened, and how many there are. */
  readonly place: number;
  readonly length: number;
  readonly isPlaying: boolean;
}

export function nowOf(words: UiWords, now: Now): TemplateResult {
  const { isPlaying, length, moment, otherwise, place } = now;
  const fn = moment?.fn ?? null;
  const source = fn === null ? null : sourceOf(fn);
  return html`<div class="now ${moment?.kind ?? ''}">
    <p class="sentence" aria-live=${isPlaying ? 'off' : 'polite'}>
      ${moment?.sentence ?? otherwise}
      ${fn === null ? nothing : html`<span class="fn">${source === null ? fn : html`<a href=${source} target="_blank">${fn}</a>`}</span>`}
    </p>
    <p class="count">${words.of(place, length)}</p>
  </div>`;
}
