/** The list of buttons and keys below the bench. */
import { html, type TemplateResult } from 'lit';
import type { UiWords } from '../words.ts';
import { icon } from './controls.ts';

/** What each button is called, and its key: phones show pictures alone, and labs name keys. */
export const legendOf = (words: UiWords): TemplateResult =>
  html`<ul class="keys" aria-label=${words.keys}>
    ${buttons.map(
      ([name, key, word]) =>
        html`<li>${icon(name)}<kbd>${key === 'space' ? words.space : key}</kbd>${words[word]}</li>`,
    )}
  </ul>`;

const buttons = [
  ['forward', '→', 'forward'],
  ['back', '←', 'back'],
  ['over', 'Shift+→', 'overCall'],
  ['backOver', 'Shift+←', 'backOverCall'],
  ['wakeup', 'w', 'toWakeup'],
  ['start', 'Home', 'toStart'],
  ['end', 'End', 'toEnd'],
  ['play', 'space', 'play'],
] as const;
