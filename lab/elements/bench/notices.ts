/** What is to be said of a run besides its moments: why there is none, how it ended. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Recording } from '../../model/recording.ts';
import type { Language, UiWords } from '../words.ts';

export interface Notices {
  /** Why there is nothing to see, in words; null if there is. */
  readonly problem: string | null;
  readonly recording: Recording | null;
  /** How many moments have happened. */
  readonly place: number;
}

export function noticesOf(words: UiWords, language: Language, notices: Notices): TemplateResult {
  const { problem, recording } = notices;
  return html`<div class="notices" role="status">
    ${problem === null ? nothing : html`<p class="bad">${problem}</p>`}
    ${recording?.cut ? cutOf(words, recording) : nothing}
    ${recording !== null && isEnd(notices) ? endOf(words, language, recording) : nothing}
  </div>`;
}

/** What ended it is behind all that is shown, and may be why there is so much of it. */
const cutOf = (words: UiWords, { error, moments }: Recording): TemplateResult =>
  html`<p>${words.cut(moments.length)} ${error === null ? nothing : html`${words.endedWith} ${error}`}</p>`;

const isEnd = ({ place, recording }: Notices): boolean =>
  recording !== null &&
  place === recording.moments.length &&
  recording.turns.at(-1)?.taken !== null;

function endOf(words: UiWords, language: Language, recording: Recording): TemplateResult {
  const { asleep, cut, error, verdict } = recording;
  if (verdict !== null) return html`<p>${verdict[language]}</p>`;
  return html`
    ${error === null || cut ? nothing : html`<p class="bad">${words.endedWith} ${error}</p>`}
    ${asleep.length === 0 ? nothing : html`<p class="bad">${words.sleepers} ${asleep.join(', ')}</p>`}
  `;
}
