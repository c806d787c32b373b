/**
 * Which branches of eventpoll, the wait queues and tcp_poll were taken: V8 counts its blocks, and the
 * branches are read from the code that runs.
 *
 * What the release decides (`patched`) is no branch of that kernel, and does not count; nor does what
 * only the model asks: whether somebody traces, checks, or runs alone.
 */
import { type Profiler, Session } from 'node:inspector';
import { type AnyNode, parse } from 'acorn';
import type { CommitId, KernelChoice } from '../kernel/history.ts';

/** A way that a function can go on. */
export interface Branch {
  /** As in Linux where it is called so there; else the part that was put apart. */
  readonly fn: string;
  /** The file of the model that it is in. */
  readonly file: string;
  /** The condition, and which way: `pollflags & events: else`. */
  readonly branch: string;
  /** How often it was taken. */
  readonly count: number;
  /** It stands in a straight twin, which the build has made. */
  readonly isTwin: boolean;
}

/** What belongs to the subject, by the path of its module. */
const subject = /src\/kernel\/(?:eventpoll\/\w+|wait)\.[jt]s$|src\/net\/ipv4\/tcp_poll\.[jt]s$/;
/** Functions of ours that decide how the model goes on, not the kernel. */
const ours: ReadonlySet<string> = new Set([
  'tcpGoesAtOnce',
  'letGoFirst',
  'tellSpared',
  'findInShortList',
]);
/** No part of the kernel: what a checker can see of its lists. */
const helpers = /\/looks\.[jt]s$/;
/** What decides these is no condition of the kernel: a release, the model, a broken kernel. */
const notOfKernel =
  /\bpatched\b|\balone\b|\bexact\b|\btracer\b|\bobserver\b|\bstores\b|\bcutsCircles\b|\batOnce\(|\bfootprint\b|\bmayKeep\(|\.freed\b|\brwlock\b/;

export class Coverage {
  private readonly session: Session = new Session();

  /** Counts from here on. */
  start(): void {
    this.session.connect();
    this.post('Profiler.enable');
    this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Stops counting; every branch that the kernel has, in the order of the code. */
  async take(kernel: KernelChoice): Promise<readonly Branch[]> {
    const { result } = this.post<Profiler.TakePreciseCoverageReturnType>(
      'Profiler.takePreciseCoverage',
    );
    const scripts = result.filter(({ url }) => /src\/(kernel|net)\//.test(url));
    this.post('Debugger.enable');
    const branches = scripts.flatMap((script) => {
      const { scriptSource } = this.post<{ scriptSource: string }>('Debugger.getScriptSource', {
        scriptId: script.scriptId,
      });
      return branchesIn(scriptSource, script);
    });
    this.session.disconnect();
    return merged(await ofKernel(branches, kernel));
  }

  private post<R>(method: string, params: object = {}): R {
    let answer: unknown = null;
    this.session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`${method}: ${error.message}`);
      answer = result;
    });
    return answer as R;
  }
}

/** Where V8 counted, the outermost first. */
type Range = Profiler.CoverageRange;

function branchesIn(source: string, script: Profiler.ScriptCoverage): Branch[] {
  const regions = regionsOf(source, script.url);
  if (!regions.some(({ file }) => isSubject(file))) return [];
  const ranges = script.functions.flatMap(({ ranges: own }) => own);
  const found: Branch[] = [];
  const walk = new Walk(source, ranges, regions, found);
  walk.visit(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), '');
  return found;
}

/** A part of a script, and the module that it was made from. */
interface Region {
  readonly from: number;
  readonly file: string;
}

/** What is built is many modules in one file, each behind its name. */
function regionsOf(source: string, url: string): Region[] {
  const parts = [...source.matchAll(/^\/\/ dist\/(src\/\S+\.js)$/gm)];
  if (parts.length === 0) return [{ from: 0, file: url }];
  return parts.map((part) => ({ from: part.index, file: part[1] as string }));
}

const isSubject = (file: string): boolean => subject.test(file) && !helpers.test(file);

/** What came with a commit: where the code before it is, and functions that this has not. */
interface Since {
  readonly commit: CommitId;
  readonly before: RegExp;
  readonly functions: readonly string[];
}

const came: readonly Since[] = [
  {
    commit: '319c15174757',
    before: /before_5_11|nested_calls/,
    functions: [
      'ep_start_scan',
      'ep_done_scan',
      'ep_send_events',
      '__ep_eventpoll_poll',
      'attach_epitem',
      'ep_schedule_timeout',
      'list_file',
      'unlist_file',
      'clear_tfile_check_list',
      'deeper',
      'ep_get_upwards_depth_proc',
      'ep_loop_check',
    ],
  },
  {
    commit: '58c9b016e128',
    before: /before_6_4/,
    functions: [
      'ep_refcount_dec_and_test',
      '__ep_remove',
      'ep_remove_safe',
      'ep_clear_and_put',
      'unlockAndPut',
    ],
  },
  { commit: '0c43094f8cc9', before: /lockless/, functions: ['queueItem'] },
  {
    commit: '18e2bf0edf4d',
    before: /^$/,
    functions: ['ep_eventpoll_ioctl', 'ep_eventpoll_bp_ioctl'],
  },
  { commit: '4efaa5acf0a1', before: /^$/, functions: ['epi_fget'] },
];

/**
 * Those that a release has: modules of other releases are left out, and what a module has the place of.
 * What says which commits a release has is loaded only now, as it is of the kernel's code.
 */
async function ofKernel(branches: readonly Branch[], kernel: KernelChoice): Promise<Branch[]> {
  const { patchedKernel } = await import('../kernel/history.ts');
  const has = patchedKernel(kernel);
  const isThere = ({ commit }: Since): boolean =>
    has[commit] || (commit === '0c43094f8cc9' && !has.a218cc491420); // Locked without it, too.
  const missing = came.filter((since) => !isThere(since));
  const isEarlier = ({ file }: Branch): boolean => missing.some(({ before }) => before.test(file));
  const replaced = new Set([
    ...missing.flatMap(({ functions }) => functions),
    ...branches.filter(isEarlier).map(({ fn }) => fn),
  ]);
  const isOther = ({ file, fn }: Branch): boolean =>
    came.some(({ before }) => before.test(file)) || replaced.has(fn);
  return branches.filter((branch) => isEarlier(branch) || !isOther(branch));
}

/** From `src/` on, and as the sources are called. */
const shortOf = (file: string): string =>
  file.slice(file.lastIndexOf('src/')).replace(/\.js$/, '.ts');

/** Reads the branches of a script. */
class Walk {
  private readonly source: string;
  private readonly ranges: readonly Range[];
  private readonly regions: readonly Region[];
  private readonly found: Branch[];

  constructor(
    source: string,
    ranges: readonly Range[],
    regions: readonly Region[],
    found: Branch[],
  ) {
    this.source = source;
    this.ranges = ranges;
    this.regions = regions;
    this.found = found;
  }

  visit(node: AnyNode, fn: string): void {
    const inside = this.nameOf(node) ?? fn;
    this.branch(node, inside);
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) this.visit(child, inside);
      }
    }
  }

  /** The name of a function, where the node is one. */
  private nameOf(node: AnyNode): string | null {
    if (node.type === 'FunctionDeclaration') return node.id?.name ?? '';
    if (node.type !== 'VariableDeclarator' || !isArrow(node.init ?? null)) return null;
    return node.id.type === 'Identifier' ? node.id.name : null;
  }

  private branch(node: AnyNode, fn: string): void {
    switch (node.type) {
      case 'IfStatement': {
        const taken = this.countAt(node.consequent.start);
        const missed = node.alternate
          ? this.countAt(node.alternate.start)
          : this.countAt(node.start) - taken;
        this.add(node.test, fn, ['then', taken], ['else', missed]);
        break;
      }
      case 'ConditionalExpression':
        this.add(
          node.test,
          fn,
          ['then', this.countAt(node.consequent.start)],
          ['else', this.countAt(node.alternate.start)],
        );
        break;
      case 'LogicalExpression':
        this.add(node.left, fn, [`${node.operator} …`, this.countAt(node.right.start)]);
        break;
      case 'WhileStatement':
        this.add(node.test, fn, ['loop', this.countAt(node.body.start)]);
    }
  }

  private add(test: AnyNode, name: string, ...ways: readonly (readonly [string, number])[]): void {
    const fn = withoutNumber(name);
    const text = this.source.slice(test.start, test.end);
    const file = this.regions.filter(({ from }) => from <= test.start).at(-1)?.file ?? '';
    if (!isSubject(file) || notOfKernel.test(text) || fn === '' || ours.has(fn)) return;
    for (const [way, count] of ways) {
      const branch = `${text.replace(/\s+/g, ' ')}: ${way}`;
      this.found.push({ fn, file: shortOf(file), branch, count, isTwin: name.includes('$now') });
    }
  }

  /** How often the code at a place ran: as the smallest range around it says. */
  private countAt(place: number): number {
    let best: Range | null = null;
    for (const range of this.ranges) {
      if (range.startOffset > place || range.endOffset <= place) continue;
      if (best === null || sizeOf(range) <= sizeOf(best)) best = range;
    }
    return best?.count ?? 0;
  }
}

const sizeOf = ({ endOffset, startOffset }: Range): number => endOffset - startOffset;

/** A name that the bundle made unique, and that of a twin (scripts/straight.ts). */
const withoutNumber = (name: string): string => name.replace(/\$\d+$/, '').replace(/\$now$/, '');

/** What a function and its twin do in the same place is one branch. */
function merged(branches: readonly Branch[]): Branch[] {
  const byKey = new Map<string, Branch>();
  const seen = new Map<string, number>();
  for (const one of branches) {
    const text = one.branch.replace(/\$now|\byield\b|[\s()*]/g, '');
    const own = `${one.file} ${one.fn} ${one.isTwin} ${text}`;
    const nth = seen.get(own) ?? 0;
    seen.set(own, nth + 1);
    const key = `${one.file} ${one.fn} ${text} ${nth}`;
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? one : { ...known, count: known.count + one.count });
  }
  return [...byKey.values()];
}

/** A loader may wrap it, to keep its name. */
const isArrow = (init: AnyNode | null): boolean =>
  init?.type === 'ArrowFunctionExpression' ||
  (init?.type === 'CallExpression' &&
    init.callee.type === 'Identifier' &&
    init.callee.name === '__name' &&
    init.arguments[0]?.type === 'ArrowFunctionExpression');

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
