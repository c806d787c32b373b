/** Where the nodes of a red-black tree stand: tidy, and a lone child on its own side. */
import { type HierarchyPointNode, hierarchy, tree } from 'd3-hierarchy';
import type { TreeNode } from 'epollsim';

/** A node, in units of the drawing. */
export interface PlacedNode {
  /** Its item, by name. */
  readonly item: string;
  readonly colour: 'red' | 'black';
  /** The item that it is below; null for the root. */
  readonly under: string | null;
  readonly x: number;
  readonly y: number;
}

export interface TreeLayout {
  readonly nodes: readonly PlacedNode[];
  readonly width: number;
  readonly height: number;
}

/** Room for a node with its words. */
export const nodeWidth = 92;
export const nodeHeight = 62;

/** A child that is not there keeps its place, so that left stays left. */
type Slot = TreeNode | null;

export function layoutOf(root: TreeNode): TreeLayout {
  const whole = hierarchy<Slot>(root, childrenOf);
  tree<Slot>().nodeSize([nodeWidth, nodeHeight]).separation(apart)(whole);
  const placed = whole.descendants() as HierarchyPointNode<Slot>[];
  const real = placed.filter(({ data }) => data !== null);
  const left = Math.min(...real.map(({ x }) => x));
  const right = Math.max(...real.map(({ x }) => x));
  const depth = Math.max(...real.map(({ y }) => y));
  const nodes = real.map(({ data, parent, x, y }) => ({
    item: data?.item ?? '',
    colour: data?.colour ?? 'black',
    under: parent?.data?.item ?? null,
    x: x - left + nodeWidth / 2,
    y: y + nodeHeight / 2,
  }));
  return { nodes, width: right - left + nodeWidth, height: depth + nodeHeight };
}

/** A place that nobody stands at needs little room. */
const apart = (a: { data: Slot }, b: { data: Slot }): number =>
  a.data === null || b.data === null ? 0.55 : 1;

const childrenOf = (node: Slot): Slot[] | null =>
  node === null || (node.left === null && node.right === null) ? null : [node.left, node.right];
