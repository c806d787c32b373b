/** The program, with the lines at which its threads stand. */
import { html, nothing, type TemplateResult } from 'lit';
import { highlighted, type Word } from '../highlight.ts';
import type { UiWords } from '../words.ts';

/** Where the threads stand: lines from 1, by the name of the thread. */
export type Places = Readonly<Record<string, number>>;

/** One listing in which each thread has a mark, or a column for each that has only its own. */
export function programOf(
  words: UiWords,
  text: string,
  places: Places,
  active: string | null,
  columns: readonly string[],
): TemplateResult {
  const lines = highlighted(text.trimEnd());
  if (columns.length === 0) return listing(words, lines, places, active);
  return html`<div class="columns" style="--columns: ${columns.length}">
    ${columns.map((name) => {
      const own: Places = name in places ? { [name]: places[name] as number } : {};
      return html`<div role="group" class="column ${name === active ? 'active' : ''}" aria-label=${name}>
        <p class="title">${name}</p>
        ${listing(words, lines, own, active)}
      </div>`;
    })}
  </div>`;
}

const listing = (
  words: UiWords,
  lines: readonly Word[][],
  places: Places,
  active: string | null,
): TemplateResult =>
  html`<ol class="listing" tabindex="0" aria-label=${words.program}>
    ${lines.map((line, i) => lineOf(words, line, threadsAt(places, i + 1), active))}
  </ol>`;

const threadsAt = (places: Places, line: number): string[] =>
  Object.keys(places).filter((name) => places[name] === line);

function lineOf(
  words: UiWords,
  line: readonly Word[],
  threads: readonly string[],
  active: string | null,
): TemplateResult {
  const isLit = active !== null && threads.includes(active);
  const state = threads.length === 0 ? '' : isLit ? 'here lit' : 'here';
  return html`<li class=${state} aria-current=${isLit ? 'step' : nothing}
    ><code>${line.map(({ kind, text }) => (kind === 'plain' ? text : html`<span class=${kind}>${text}</span>`))}</code
    >${threads.map((name) => html`<span class="thread ${name === active ? 'active' : ''}" title=${words.standsHere(name)}>${name}</span>`)}</li
  >`;
}
