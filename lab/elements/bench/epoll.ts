/** An epoll instance: `struct eventpoll`, part by part. */
import type { EpollView, Waiter } from 'epollsim';
import { html, nothing, type TemplateResult } from 'lit';
import { descriptorsOf } from './descriptors.ts';
import { type Look, listRow, marked } from './marks.ts';
import { treeOf } from './tree.ts';

export function epollOf(look: Look, view: EpollView): TemplateResult {
  const { words } = look;
  const { mtx, name, ovflist } = view;
  const path = `epolls/${name}`;
  const scanned = view.items.filter(({ on }) => on === 'scan');
  const names = (list: readonly string[]) => list.map((one) => ({ key: one, content: one }));
  return html`<article class="card epoll">
    <p class="title">
      ${marked(look, path, name, 'name')} ${descriptorsOf(look, path, view.descriptors)}
      ${mtx === null ? nothing : marked(look, `${path}/mtx`, words.heldBy(mtx), 'lock')}
    </p>
    <div class="parts">
      <figure class="rbr">
        <figcaption>rbr</figcaption>
        ${treeOf(look, view)}
      </figure>
      <dl>
        ${listRow(look, 'rdllist', `${path}/rdllist`, names(view.rdllist), words.empty)}
        ${
          scanned.length === 0
            ? nothing
            : listRow(
                look,
                'txlist',
                `${path}/-`,
                names(scanned.map((item) => item.name)),
                words.empty,
              )
        }
        ${listRow(
          look,
          'ovflist',
          `${path}/ovflist`,
          names(ovflist ?? []),
          ovflist === null ? words.notInUse : words.openEmpty,
        )}
        ${listRow(look, 'wq', `${path}/wq`, waiters(look, view.wq), words.empty)}
        ${listRow(look, 'poll_wait', `${path}/poll_wait`, waiters(look, view.poll_wait), words.empty)}
      </dl>
    </div>
  </article>`;
}

/** Who stands on a queue, each with whether a wakeup ends there. */
export const waiters = (
  { words }: Look,
  list: readonly Waiter[],
): { key: string; content: unknown }[] =>
  list.map(({ exclusive, kind, name }, i) => {
    const before = list.slice(0, i).filter((other) => other.name === name).length;
    const key = before === 0 ? name : `${name}#${before + 1}`;
    const flag = exclusive ? html` <small>${words.exclusive}</small>` : nothing;
    return { key, content: html`<b class=${kind}>${name}</b>${flag}` };
  });
