/** Files that are watched, or used: what they hold, and who waits for them. */
import type { FileView } from 'epollsim';
import { html, nothing, type TemplateResult } from 'lit';
import { descriptorsOf } from './descriptors.ts';
import { waiters } from './epoll.ts';
import { type Look, listRow, marked } from './marks.ts';

export function fileOf(look: Look, view: FileView): TemplateResult {
  const { name, queues, state } = view;
  const path = `files/${name}`;
  const facts = Object.entries(state).filter(([key, value]) => !isSaid(view, key, value));
  return html`<article class="card file">
    <p class="title">${marked(look, path, name, 'name')} ${descriptorsOf(look, path, view.descriptors)}</p>
    ${
      facts.length === 0
        ? nothing
        : html`<p class="facts">
            ${facts.map(([key, value]) => html`<span>${key} ${marked(look, `${path}/state/${key}`, html`<b>${value}</b>`)}</span>`)}
          </p>`
    }
    ${
      queues.length === 0 && look.changes.gone(`${path}/queues`).length === 0
        ? nothing
        : html`<dl>
            ${queues.map((queue) =>
              listRow(
                look,
                queue.name.replace(`${name}->`, ''),
                `${path}/queues/${queue.name}/waiters`,
                waiters(look, queue.waiters),
                look.words.empty,
              ),
            )}
          </dl>`
    }
  </article>`;
}

/** What the name of the file says already. */
const isSaid = ({ kind }: FileView, key: string, value: string | number): boolean =>
  key === 'protocol' && (value === kind || kind === 'socket');
