/** By which numbers a file is open. */
import type { EpollView } from 'epollsim';
import { html, type TemplateResult } from 'lit';
import { type Look, marked } from './marks.ts';

export function descriptorsOf(
  look: Look,
  path: string,
  descriptors: EpollView['descriptors'],
): TemplateResult {
  if (descriptors.length === 0) return html`<span class="fds">${look.words.closed}</span>`;
  return html`<span class="fds"
    >${descriptors.map(({ fd }, i) => marked(look, `${path}/descriptors/${fd}${i > 0 && descriptors[i - 1]?.fd === fd ? '#2' : ''}`, `fd ${fd}`))}</span
  >`;
}
