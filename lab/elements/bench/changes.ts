/** What differs between two views of a machine. */
import type { MachineView, TreeNode } from 'epollsim';

/** What is the same, by its path: `epolls/ep5/items/ep5[3]/on` is `rdllist`. */
type Facts = ReadonlyMap<string, string>;

/** What a step has done to the machine. */
export class Changes {
  private readonly before: Facts;
  private readonly after: Facts;

  constructor(before: MachineView, after: MachineView) {
    this.before = factsOf(before);
    this.after = factsOf(after);
  }

  /** Is there anything at this path that was not there, or was otherwise? */
  has(path: string): boolean {
    return this.after.has(path) && this.before.get(path) !== this.after.get(path);
  }

  /** Names that are in the list at this path no longer. */
  gone(path: string): string[] {
    return [...this.before.keys()]
      .filter((key) => key.startsWith(`${path}/`) && !this.after.has(key))
      .map((key) => key.slice(path.length + 1))
      .filter((rest) => !rest.includes('/'));
  }
}

function factsOf(view: MachineView): Facts {
  const facts = new Map<string, string>();
  walk(facts, '', { ...view, time_ns: 0 });
  for (const { name, tree } of view.epolls) walkTree(facts, `epolls/${name}/tree`, tree, 'root');
  return facts;
}

/** Things with a name are known by it, so that a list with another thing in front is the same list. */
function walk(facts: Map<string, string>, path: string, value: unknown): void {
  if (!Array.isArray(value) && (typeof value !== 'object' || value === null)) {
    facts.set(path, String(value));
    return;
  }
  facts.set(path, 'there');
  const times = new Map<string, number>();
  for (const [key, one] of Object.entries(value)) {
    if (key === 'tree') continue;
    let name = Array.isArray(value) ? nameOf(one) : key;
    const before = times.get(name) ?? 0;
    times.set(name, before + 1);
    if (before > 0) name += `#${before + 1}`;
    walk(
      facts,
      path === '' ? name : `${path}/${name}`,
      Array.isArray(value) && typeof one === 'string' ? '' : one,
    );
  }
}

const nameOf = (one: unknown): string =>
  typeof one === 'object' && one !== null
    ? String('name' in one ? one.name : 'fd' in one ? one.fd : '')
    : String(one);

function walkTree(
  facts: Map<string, string>,
  path: string,
  node: TreeNode | null,
  under: string,
): void {
  if (node === null) return;
  facts.set(`${path}/${node.item}`, `${node.colour} under ${under}`);
  walkTree(facts, path, node.left, node.item);
  walkTree(facts, path, node.right, node.item);
}
