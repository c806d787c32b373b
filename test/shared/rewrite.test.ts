import { expect, test } from 'vitest';
import { rewritten } from '../../src/shared/rewrite.ts';
import * as told from '../../src/sim/told.ts';

/** What the module `source` returns. */
const run = (source: string): unknown => new Function('$told', source)(told);
const withoutImports = (source: string): string => source.replace(/^import .*$/gm, '');

/** As much of the language as there is in how a variable may be used. */
const everything = `
let n = 0; let u; const list = [3, 1, 2]; const o = { a: { b: [1] }, f() { return this.a; }, n: 1 };
class Base { static made = 0; hello() { return 'base'; } }
class C extends Base {
  #x = 1; static s = []; y = list.length;
  constructor() { super(); C.made++; this.z = this.y + 1; }
  get x() { return this.#x; } set x(v) { this.#x = v; }
  has(other) { return #x in other; }
  hello() { return super.hello() + this.x; }
  *each() { for (const i of list) yield i + this.y; }
}
const c = new C();
const tag = (parts, ...values) => parts.join('|') + values.join();
const lib = { tag, C, deep: { f: (x) => x } };
function all() {
  n++; ++n; n += 2; n **= 2; n ||= 5; u ??= 7; u &&= u + 1;
  const m = n--, k = -n;
  o.a.b[0]++; o.a.b.push(n, ...list); o['n'] += 2; o.n **= 2; delete o.a.gone;
  const { a: { b: [first, ...rest] }, ...others } = o;
  [o.p, o.q = 4] = list; ({ n: o.r, ...o.rest } = { n, u });
  for (o.i of list) ; for (o.k in { x: 1 }) ;
  c.x = c.x + 1; c.x++;
  const f = function named() { return typeof n; };
  const text = \`\${n}\${list}\${o.f().b.length}\`;
  label: for (;;) { if (list.includes(3)) break label; }
  const short = { n, list, o, ['k' + n]: n, get v() { return n; } };
  return [m, k, first, rest, Object.keys(others), f(), text, short.v, short.list === list, short.o === o,
    c?.x, c.nothing?.(), o?.['f']?.().b, [...c.each()], c.has(c), c.hello(), lib.tag\`a\${n}b\`,
    tag\`\${list}\`, new lib.C().z, new C().y, lib.deep.f(n), (0, o.f).call(o) === o.a, n in list, list instanceof Array,
    typeof undeclared, void n, !n, (() => ({ n }))(), await_ = n, Base.made, C.s, list.map((x) => x + n).sort()];
}
let await_; const later = () => { n = [1].length; return n; };
return JSON.stringify([all(), later(), n, u, await_]);
`;

/** A checker that changed the program would check another one. */
test('A rewritten module does what it did', () => {
  // A module returns nothing: what is to be compared is put into a function around it.
  const source = `const result = (() => {${everything}})();`;
  const before = run(`${source} return result;`);
  const after = run(`${withoutImports(rewritten(source, 'told'))} return result;`);
  expect(after).toBe(before);
  expect(String(before)).toContain('"base3"');
});

/** What a step touches tells one program's steps apart, in each thread that explores it. */
test('A variable is called the same wherever its module is loaded', () => {
  const source = 'let n = 0; export default function () { return n++; }';
  expect(rewritten(source, 'told')).toBe(rewritten(source, 'told'));
  expect(rewritten(source, 'told')).toContain('$told.wrote(');
});

/** Nobody is to believe that all was covered when something could not be seen. */
test.each([
  ['bind()', 'const f = () => {}; const g = f.bind(null, {});'],
  ['is changed by a pattern', 'let n; const f = () => { [n] = [1]; };'],
  ['is exported, and changes', 'let n = 0; const f = () => n++; export { n };'],
  ['eval() hides', 'eval("n++");'],
  ['Proxy() hides', 'const twice = new Proxy({}, {});'],
  ['Function() hides', 'new Function("n++")();'],
  ['globalThis.jobs is touched', 'globalThis.jobs = [];'],
  ['globalThis is touched', 'const g = globalThis;'],
  ['process.env.JOBS is touched', 'process.env.JOBS = "1";'],
  ['./jobs.cjs is a CommonJS module', 'import jobs from "./jobs.cjs";'],
  ['arguments hands on', 'function f() { return arguments; }'],
  [
    'a constructor with super()',
    'class C extends Map { constructor() { super(); this.f = () => this; } }',
  ],
  ['is declared where a block', 'if (a) var n = [], f = () => n; else a();'],
  ['cannot be parsed', 'const = 1;'],
])('What cannot be followed is refused: %s', (why, source) => {
  const after = rewritten(source, 'told');
  expect(after).toContain(why);
  expect(after).toContain('$told.refuse(');
  expect(after.startsWith(source)).toBe(true);
});

/** Few programs would be followed, if these were refused. */
test.each([
  'function* f(sys) { yield* sys.bind(yield* sys.socket(2, 1), {}); }',
  'const f = async (sys) => (await sys.bind(3, {})) === 0;',
  'const later = globalThis.setTimeout; const now = () => later;',
  'if (typeof window === "undefined" && process.env.JOBS) console.log(Math.max(1, 2));',
  'class C { f = () => this; g() { return () => this; } constructor() { this.h = () => this; } }',
])('What can be followed is: %s', (source) => {
  expect(rewritten(source, 'told')).toContain('$told.follow(');
});

/** Two statements on a line, or none of the signs that end one. */
test('What is put between statements leaves them apart', () => {
  const source = [
    'const a = [1]',
    'const f = () => a;const b = [2];b.push(f()[0]);for (const c of b) g.push(() => c)',
    'const h = (d) => () => d',
    'const k = (e) => ({ e, f: () => e })',
    'return [b, g.map((one) => one()), h(3)(), k(4).f(), new (class { n = 5; f = () => this.n; })().f()]',
  ].join('\n');
  const whole = (body: string): string => `const g = []; const r = (() => {${body}\n})();`;
  const after = `${withoutImports(rewritten(whole(source), 'told'))} return r;`;
  expect(run(after)).toEqual([[2, 1], [2, 1], 3, 4, 5]);
});

/** A finding names the line that the user wrote. */
test('A source map leads to where the module came from', () => {
  const original = { version: 3, sources: ['a.ts'], names: [], mappings: ';;AAEA' };
  const encoded = Buffer.from(JSON.stringify(original)).toString('base64');
  const url = 'sourceMappingURL=data:application/json;base64,';
  const after = rewritten(`let n = 0;\nconst f = () => n;\nf(n);\n//# ${url}${encoded}`, 'told');
  const at = after.lastIndexOf(url) + url.length;
  const map = JSON.parse(Buffer.from(after.slice(at).split('\n')[0] ?? '', 'base64').toString());
  expect(map.sources).toEqual(['a.ts']);
});
