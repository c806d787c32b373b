/** The red-black tree of an instance, as a drawing and in words. */
import type { EpollView, ItemView } from 'epollsim';
import { html, nothing, svg, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { UiWords } from '../words.ts';
import type { Look } from './marks.ts';
import { layoutOf, type PlacedNode } from './tree_layout.ts';

const radius = 16;

/** `IN|ET`: what is asked for. */
const maskOf = ({ disarmed, events }: ItemView, words: UiWords): string =>
  disarmed ? words.disarmed : events.replaceAll('EPOLL', '');

/** In the room of a node there is none for what epoll_ctl() adds to every mask. */
const shortMask = (view: ItemView, words: UiWords): string =>
  maskOf(view, words).replace('|ERR|HUP', '');

export function treeOf(look: Look, { items, name, tree }: EpollView): TemplateResult {
  const { words } = look;
  if (tree === null) return html`<p class="none">${words.emptyTree}</p>`;
  const { height, nodes, width } = layoutOf(tree);
  const byName = new Map(items.map((item) => [item.name, item]));
  const placed = new Map(nodes.map((node) => [node.item, node]));
  const edges = nodes.filter(({ under }) => under !== null);
  return html`<svg
    class="tree"
    role="img"
    aria-label="${words.tree}: ${inWords(nodes, byName, words)}"
    viewBox="0 0 ${width} ${height}"
    style="width:${width}px"
  >
    ${repeat(
      edges,
      ({ item }) => item,
      (node) => edgeOf(node, placed.get(node.under ?? '') ?? node),
    )}
    ${repeat(
      nodes,
      ({ item }) => item,
      (node) => nodeOf(look, node, byName.get(node.item), `epolls/${name}`),
    )}
  </svg>`;
}

const edgeOf = (child: PlacedNode, parent: PlacedNode) =>
  svg`<line x1=${parent.x} y1=${parent.y} x2=${child.x} y2=${child.y}></line>`;

function nodeOf(
  { changes, words }: Look,
  { colour, item, x, y }: PlacedNode,
  view: ItemView | undefined,
  path: string,
) {
  const isNew =
    changes.has(`${path}/tree/${item}`) ||
    changes.has(`${path}/items/${item}/events`) ||
    changes.has(`${path}/items/${item}/disarmed`);
  return svg`<g
    class="node ${colour} ${isNew ? 'changed' : ''} ${view?.disarmed ? 'disarmed' : ''}"
    style="transform: translate(${x}px, ${y}px)"
  >
    <title>${view === undefined ? item : `${view.file}, ${maskOf(view, words)}`}</title>
    ${isNew ? svg`<circle class="halo" r=${radius + 5}></circle>` : nothing}
    <circle r=${radius}></circle>
    ${colour === 'red' ? svg`<circle class="ring" r=${radius - 3.5}></circle>` : nothing}
    <text class="fd" dy="0.35em">${view?.fd ?? item}</text>
    <text class="mask" y=${radius + 13}>${view === undefined ? '' : shortMask(view, words)}</text>
  </g>`;
}

/** `5 (IN), black, the root; 3 (IN|ET), red, under 5`. */
function inWords(
  nodes: readonly PlacedNode[],
  items: ReadonlyMap<string, ItemView>,
  words: UiWords,
): string {
  const fdOf = (item: string): string => String(items.get(item)?.fd ?? item);
  return nodes
    .map(({ colour, item, under }) => {
      const view = items.get(item);
      const mask = view === undefined ? '' : ` (${maskOf(view, words)})`;
      const place = under === null ? words.root : words.under(fdOf(under));
      return `${fdOf(item)}${mask}, ${words[colour]}, ${place}`;
    })
    .join('; ');
}
