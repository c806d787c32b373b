/**
 * What tasks are judged with: situations in which a solution is run on every schedule, and words for
 * what goes wrong there.
 *
 * A situation is a program that has the solution run in it. What it makes sure of, and what a solution
 * may not do, it says by a key (`broken('early')`), for which the task has words.
 */
import {
  type CheckOptions,
  type Code,
  check,
  EPOLLOUT,
  type epoll_event,
  type Finding,
  NotDeterministic,
  type Program,
  type Sys,
  type Verdict,
} from 'epollsim';
import {
  failureOf,
  firstWrong,
  isAsync,
  isGenerator,
  refusal,
  waitFails,
  within,
} from './grade.ts';
import type { Grade, Solution, Words } from './task.ts';

/** A program that the solution is a part of. */
export interface Situation {
  /** When it is: a clause that a sentence can begin with. */
  readonly when: Words;
  readonly program: (solution: Solution) => Program;
  readonly options?: CheckOptions;
}

/** Words for each key of broken(), and for each detector that may speak. */
export type Said = Readonly<Record<string, Words>>;

/** A call that a solution makes. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
  /** The number of the thread that makes it. */
  readonly thread: number;
}

/** Who looks at the calls of a solution, in one execution. */
export interface Watch {
  /** The calls that may be made; all others are refused. */
  readonly may: readonly string[];
  /** Before a call is made: the key of what is wrong with it, or null. */
  readonly before?: (call: Call) => string | null;
  /** After it; `ret` is what the kernel returned. */
  readonly after?: (call: Call, ret: number, result: unknown) => void;
  /** When it is entered, which is where it is made, but for its `yield*`. */
  readonly entered?: (call: Call) => void;
}

const mark = 'lab:';

/** Ends an execution with the words for `key`. */
export class Broken extends Error {
  constructor(key: string) {
    super(`${mark}${key}`);
    this.name = 'Broken';
  }
}

/** The key that an error was thrown with; null of any other error. */
export const keyOf = (error: unknown): string | null =>
  error instanceof Broken ? error.message.slice(mark.length) : null;

/** Ends the execution with the words for `key`, unless `holds`. */
export function must(holds: boolean, key: string): asserts holds {
  if (!holds) throw new Broken(key);
}

/** How each of the ways to wait says that it waits for as long as it takes. */
export const waitsForEver = ({ name, args }: Call): boolean =>
  name === 'epoll_pwait2' ? args[2] === null : Number(args[2]) < 0;

export { reads, waits } from './grade.ts';

/** Does an event tell of more than room to write, which there nearly always is? */
export const tells = (result: unknown): boolean =>
  Array.isArray(result) && result.some(({ events }: epoll_event) => (events & ~EPOLLOUT) !== 0);

/** Is this the `sys` of a thread, as what a solution calls back is to be given? */
export const isSys = (given: unknown): given is Sys =>
  typeof (given as Partial<Sys> | null | undefined)?.pthread_create === 'function';

/** What changes nothing. */
export const harmless: readonly string[] = ['assert', 'gettid', 'getpid', 'sched_yield'];

/** What is known of a solution while it runs. */
interface Run {
  readonly watch: Watch;
  /** The key of the first thing that was refused. */
  refused: string | null;
  /** The threads that it has created, and has not joined. */
  readonly left: Set<number>;
}

/**
 * Runs a solution as a part of a program; its calls are looked at. It is over when all its threads are.
 * What it returns.
 */
export function* runWatched(
  solution: Solution,
  sys: Sys,
  watch: Watch,
  ...given: readonly unknown[]
): Code<unknown> {
  const run: Run = { watch, refused: null, left: new Set() };
  const code: unknown = solution(watched(sys, run), ...given);
  must(!isAsync(code), 'async');
  must(isGenerator(code), 'no-generator');
  const result = yield* code;
  // Somebody who catches everything has caught this, too.
  if (run.refused !== null) throw new Broken(run.refused);
  for (const thread of run.left) yield* sys.pthread_join(thread);
  return result;
}

function refuse(run: Run, key: string): never {
  run.refused ??= key;
  throw new Broken(key);
}

function watched(sys: Sys, run: Run): Sys {
  const { watch } = run;
  const may = new Set([...watch.may, ...harmless]);
  const make = (name: string, args: unknown[]): unknown => {
    const call: Call = { name, args, thread: sys.task.pid };
    const key = may.has(name) ? (watch.before?.(call) ?? null) : `not-here: ${name}()`;
    if (key !== null) refuse(run, key);
    if (name === 'pthread_create' && typeof args[0] === 'function') {
      const main = args[0] as Program;
      args[0] = (self: Sys): Code<unknown> => main(watched(self, run));
    }
    const made: unknown = Reflect.apply(Reflect.get(sys, name), sys, args);
    return isGenerator(made) ? followed(made, call, run) : made;
  };
  return new Proxy(sys, {
    get(target, name) {
      if (name === 'task') refuse(run, 'looks-inside');
      const member: unknown = Reflect.get(target, name);
      if (typeof name !== 'string' || typeof member !== 'function') return member;
      return (...args: unknown[]) => make(name, args);
    },
  });
}

/** The call, entered where it is made: one that is not is found as everywhere. */
function* followed(made: Code<unknown>, call: Call, run: Run): Code<unknown> {
  const { left, watch } = run;
  watch.entered?.(call);
  const result = yield* made;
  const { ret: given = result } = Object(result) as { ret?: unknown };
  const ret = Number(given);
  if (call.name === 'pthread_create' && ret > 0) left.add(ret);
  if (call.name === 'pthread_join' && ret === 0) left.delete(Number(call.args[0]));
  watch.after?.(call, ret, result);
  const failure = failureOf(call.name, ret);
  if (failure !== null) refuse(run, `wait-fails: ${call.name}() ${failure}`);
  return result;
}

/** The limits of a situation: a right solution takes a small part of them. */
const limits: CheckOptions = { executions: 5000, steps: 3000, seconds: 60, strict: true };

/** Judges a solution in each situation; `praise` is what was shown where nothing is wrong in any. */
export function judge(
  solution: Solution,
  situations: readonly Situation[],
  said: Said,
  praise: Words,
): Grade {
  if (remembers(solution, situations, said)) return refusal(common['chance'] as Words);
  return firstWrong(situations, (situation) => judgeIn(situation, solution, said), praise);
}

/** Does the solution leave something behind outside of itself, so that it goes another way the next time? */
function remembers(solution: Solution, [first]: readonly Situation[], said: Said): boolean {
  if (first === undefined) return false;
  const once: Situation = { ...first, options: { ...first.options, executions: 1 } };
  const before = judgeIn(once, solution, said)?.words.en;
  return before !== judgeIn(once, solution, said)?.words.en;
}

/** What is wrong in one situation; null if nothing is. */
export function judgeIn(situation: Situation, solution: Solution, said: Said): Grade | null {
  if (typeof solution !== 'function') return refusal(common['no-generator'] as Words);
  const program = situation.program(solution);
  let verdict: Verdict;
  try {
    verdict = check(program, { ...limits, ...situation.options });
  } catch (error) {
    if (error instanceof NotDeterministic) return refusal(common['chance'] as Words);
    return refusal(thrown(error instanceof Error ? error.message : String(error)));
  }
  const [finding] = verdict.findings;
  if (finding !== undefined) {
    return refusal(within(situation.when, wordsFor(finding, said)), { finding, program });
  }
  if (!verdict.complete) return refusal(within(situation.when, common['limit'] as Words));
  return null;
}

function wordsFor({ kind, sentence }: Finding, said: Said): Words {
  const [, key, what = '', errno = ''] =
    /lab:([a-z0-9-]+)(?:: (\w+\(\))(?: (\w+))?)?/.exec(sentence) ?? [];
  if (key === 'not-here') return notHere(what);
  if (key === 'wait-fails') return waitFails(what, errno);
  if (key !== undefined) return said[key] ?? common[key] ?? asFound(sentence);
  if (kind === 'exception' || kind === 'assertion') return thrown(sentence);
  const alike = kind === 'waits-for-ever' ? 'deadlock' : kind;
  const words = said[kind] ?? said[alike] ?? common[kind];
  if (words === undefined) return asFound(sentence);
  return { en: `${words.en} (${sentence})`, zh: `${words.zh}（${sentence}）` };
}

const asFound = (sentence: string): Words => ({ en: sentence, zh: `检查器发现：${sentence}` });

const thrown = (message: string): Words => ({
  en: `it ends with an error: ${message}`,
  zh: `程序因错误而终止：${message}`,
});

const notHere = (name: string): Words => ({
  en: `${name} is called, and this task is to be solved without it; the section "Task" lists the calls.`,
  zh: `调用了 ${name}，而本题不允许使用它；可以使用的调用见“任务”一节。`,
});

/** What may happen in any task. */
const common: Said = {
  'no-generator': {
    en: 'this is no generator function: it is to be `export default function* (sys, …)`, and each call is entered by `yield*`.',
    zh: '这不是生成器函数：应写成 `export default function* (sys, …)`，并用 `yield*` 进入每个系统调用。',
  },
  async: {
    en: 'this is an async function, and is to be a generator function: `export default function* (sys, …)`, with `yield*` where there is `await`.',
    zh: '这是 async 函数，而要求的是生成器函数：应写成 `export default function* (sys, …)`，并把 `await` 换成 `yield*`。',
  },
  'looks-inside': {
    en: 'it reads sys.task, which is the inside of the model. A program on Linux sees what its calls return, and nothing else.',
    zh: '它读取了 sys.task，那是模型的内部。Linux 上的程序只能看到系统调用的返回值，别的什么也看不到。',
  },
  chance: {
    en: 'it goes another way when it is run again. Keep all variables inside the function, and leave time and chance out.',
    zh: '重新运行时它走了另一条路。请把所有变量放在函数内部，不要使用时间和随机数。',
  },
  limit: {
    en: 'the checker came to its limit before it had seen every schedule, so it cannot say that this is right. Are there more calls than are needed, or a loop that goes round without sleeping?',
    zh: '检查器在看完所有调度序列之前就到达了上限，因此无法判定它是正确的。是否有多余的系统调用，或者有不睡眠的循环？',
  },
  polls: {
    en: 'it waits with a timeout, and so asks again and again. Sleep until there is an event: a timeout of -1.',
    zh: '它带超时等待，也就是反复轮询。应当一直睡眠到有事件为止：超时取 -1。',
  },
  spins: {
    en: 'it reads again and again although read() says EAGAIN. That is a busy loop: sleep in epoll_wait() until there is something.',
    zh: 'read() 已返回 EAGAIN，它却反复去读，这是忙等。应当在 epoll_wait() 中睡眠，直到有数据。',
  },
  livelock: {
    en: 'it goes round for ever without getting anywhere. Look at what each call of the loop returns.',
    zh: '它一直循环而没有任何进展。请看循环中每个调用返回了什么。',
  },
  deadlock: {
    en: 'it sleeps for ever. Look at the last call of each thread in the table, and at what it waits for.',
    zh: '它永远睡眠。请看表中每个线程的最后一个调用，以及它在等什么。',
  },
  'waits-for-ever': {
    en: 'it sleeps for ever. Look at the last call of each thread in the table, and at what it waits for.',
    zh: '它永远睡眠。请看表中每个线程的最后一个调用，以及它在等什么。',
  },
};
