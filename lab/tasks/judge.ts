/**
 * What tasks have in common: a solution is run in situations, each on every schedule, with an eye on
 * the calls that it makes; the first thing that is wrong becomes the grade.
 */
import {
  type CheckOptions,
  type Code,
  check,
  EAGAIN,
  type EpollView,
  type Finding,
  Machine,
  NotDeterministic,
  OutOfSteps,
  type Sys,
  type timespec,
  type Verdict,
  viewOf,
} from 'epollsim';
import {
  failureOf,
  firstWrong,
  isAsync,
  isGenerator,
  reads,
  refusal,
  waitFails,
  waits,
  within,
} from './grade.ts';
import { forbidden, looksInside } from './never.ts';
import type { Grade, Solution, Words } from './task.ts';

/** A call that a solution has made. */
export interface Made {
  readonly call: string;
  readonly args: readonly unknown[];
  /** A result or -errno; null until the call is over. */
  ret: number | null;
  /** What the call handed back, whole: the events of epoll_wait. */
  result: unknown;
}

/** In what a solution is put, and what it has to do there. */
export interface Situation {
  readonly name: Words;
  /** Sets up, lets `stage.solve()` run the solution, and looks at what came of it. */
  play(stage: Stage): Code<unknown>;
  /** What to say where nothing more happens and the program sleeps; null for the usual words. */
  asleep?(stage: Stage): Words | null;
  /** What to say where it goes round and nothing comes of it; null for the usual words. */
  round?(stage: Stage): Words | null;
  readonly options?: CheckOptions;
  /** Only on a quiet machine, where nobody is kept waiting: for what a busy one may make later. */
  readonly quiet?: boolean;
}

const limits: CheckOptions = {
  executions: 4000,
  steps: 4000,
  seconds: 60,
  sharedMemory: false,
  strict: true,
  off: ['herd', 'stale-event'],
};

/** One execution, as a situation sees it. */
export class Stage {
  readonly sys: Sys;
  /** The calls of the solution, in the order in which they were made. */
  readonly calls: Made[] = [];
  /** The first thing that was seen to be wrong. */
  blame: Words | null = null;
  private readonly solution: Solution;

  constructor(sys: Sys, solution: Solution) {
    this.sys = sys;
    this.solution = solution;
  }

  /** Runs the solution, for the thread that has `sys`. */
  *solve<T>(sys: Sys, ...given: readonly unknown[]): Code<T> {
    const code: unknown = this.solution(this.watched(sys), ...given);
    if (isAsync(code)) return this.fail(isAsyncFunction) as T;
    if (!isGenerator(code)) return this.fail(noGenerator) as T;
    return plain(yield* code) as T;
  }

  /** Ends the execution with these words, unless something was wrong before. */
  fail(words: Words): void {
    this.note(words);
    this.sys.assert(false, this.blame?.en ?? words.en);
  }

  /** Fails unless `condition` holds. */
  expect(condition: boolean, words: Words): void {
    if (!condition) this.fail(words);
  }

  /** Remembers that something is wrong, and lets the solution go on. */
  note(words: Words): void {
    this.blame ??= words;
  }

  /** The calls of these names. */
  made(...names: readonly string[]): Made[] {
    return this.calls.filter(({ call }) => names.includes(call));
  }

  /** The epoll instance behind a descriptor of the first process; undefined where there is none. */
  epoll(fd: number): EpollView | undefined {
    const isIt = (one: EpollView): boolean => one.descriptors.some((open) => open.fd === fd);
    return viewOf(this.sys.task.kernel).epolls.find(isIt);
  }

  /** How many descriptors are open. */
  open(): number {
    const { epolls, files } = viewOf(this.sys.task.kernel);
    return [...epolls, ...files].reduce((sum, { descriptors }) => sum + descriptors.length, 0);
  }

  private watched(sys: Sys): Sys {
    return new Proxy(sys, {
      get: (target, name) => {
        if (name === 'task') this.fail(looksInside);
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || name === 'assert') return value;
        const never = forbidden(String(name));
        return (...args: unknown[]): unknown => {
          if (never !== null) this.fail(never);
          const passed = args.map((one) => (typeof one === 'function' ? this.thread(one) : one));
          return this.recorded(String(name), args, Reflect.apply(value, target, passed));
        };
      },
    });
  }

  /** A thread that the solution starts is watched as well. */
  // biome-ignore lint/complexity/noBannedTypes: whatever the student has handed over.
  private thread(start: Function): (sys: Sys) => unknown {
    return (sys) => start(this.watched(sys));
  }

  private *recorded(call: string, args: readonly unknown[], code: unknown): Code<unknown> {
    const made: Made = { call, args, ret: null, result: null };
    this.calls.push(made);
    const result = yield* code as Code<unknown>;
    made.result = result;
    made.ret = typeof result === 'number' ? result : ((result as { ret?: number })?.ret ?? null);
    const failure = failureOf(call, made.ret);
    if (failure !== null) this.fail(waitFails(`${call}()`, failure));
    return result;
  }
}

/** A list as it is, without what else somebody has put into the object. */
const plain = (answer: unknown): unknown =>
  Array.isArray(answer) ? Array.from({ length: answer.length }, (_, i) => answer[i]) : answer;

const isAsyncFunction: Words = {
  en: 'What you export is an async function, and is to be a generator function: function*, with yield* where there is await.',
  zh: '导出的是 async 函数，而要求的是生成器函数：应写成 function*，并把 await 换成 yield*。',
};

const noGenerator: Words = {
  en: 'What you export is no generator. It has to be a function*, and each call in it needs yield*.',
  zh: '导出的不是生成器。它必须是 function*，其中每个调用前都要写 yield*。',
};

/** Runs a solution in each situation; `done` is said where all went well. */
export function judge(solution: Solution, situations: readonly Situation[], done: Words): Grade {
  if (remembers(solution, situations)) return refusal(otherEachTime);
  return firstWrong(situations, (situation) => judgeIn(situation, solution), done);
}

/** Does the solution leave something behind outside of itself, so that it goes another way the next time? */
function remembers(solution: Solution, [first]: readonly Situation[]): boolean {
  if (first === undefined) return false;
  const quiet = { ...first, quiet: true };
  const once = judgeIn(quiet, solution)?.words.en;
  return once !== judgeIn(quiet, solution)?.words.en;
}

/** Null where nothing is wrong. */
function judgeIn(situation: Situation, solution: Solution): Grade | null {
  let stage: Stage | null = null;
  const program = function* (sys: Sys): Code<string> {
    stage = new Stage(sys, solution);
    yield* situation.play(stage);
    const { blame } = stage;
    if (blame !== null) stage.fail(blame);
    return whole;
  };
  const options = { ...limits, ...situation.options };
  try {
    if (situation.quiet === true) {
      const wrong = quietly(situation, program, () => stage);
      return wrong && refusal(within(situation.name, wrong));
    }
    const verdict = check(program, options);
    const [finding] = verdict.findings;
    if (finding === undefined) return cutOff(situation, verdict, stage);
    if (finding.repeats) check(program, { ...options, schedule: finding.schedule });
    const words =
      (stage as Stage | null)?.blame ?? ofFinding(situation, finding, stage as unknown as Stage);
    return refusal(within(situation.name, words), { finding, program });
  } catch (error) {
    return refusal(within(situation.name, ofError(error)));
  }
}

/** Runs it once, each thread until it sleeps: what is wrong; null if nothing is. */
function quietly(
  situation: Situation,
  program: (sys: Sys) => Code<unknown>,
  stageOf: () => Stage | null,
): Words | null {
  const machine = new Machine({ maxSteps: 20_000 });
  try {
    machine.spawn(program);
    const { asleep } = machine.run();
    if (asleep.length === 0) return null;
    const stage = stageOf();
    const sentence = asleep.map(({ call, name }) => `${name} sleeps in ${call}.`).join(' ');
    return stage?.blame ?? (stage && situation.asleep?.(stage)) ?? asleepWords(sentence);
  } catch (error) {
    const stage = stageOf();
    if (stage?.blame != null) return stage.blame;
    if (!(error instanceof OutOfSteps)) return thrownWords(String(error));
    return (stage && situation.round?.(stage)) ?? roundWords(error.message);
  }
}

/** What the program returns that judges, where it has come to its end. */
const whole = 'whole';

/** What a limit has cut off, or did not come to its end, is not shown to be right. */
function cutOff(situation: Situation, verdict: Verdict, last: Stage | null): Grade | null {
  const { complete, executions, information, limit, results } = verdict;
  if (complete && limit === null && results.get(JSON.stringify(whole)) === executions) return null;
  const [loop] = information.filter(({ kind }) => kind === 'livelock');
  const why = loop?.sentence ?? '';
  const round = loop === undefined || last === null ? null : situation.round?.(last);
  const words: Words = round ?? {
    en: `The check was cut off before all was seen, so nothing is shown. Your program makes more calls than the task needs, or never ends. Look for a loop that does not sleep. ${why}`,
    zh: `检查没能看完全部执行，因此不能证明程序正确。程序的调用次数远超任务所需，或者永不结束。请找一找不睡眠的循环。${why}`,
  };
  return refusal(within(situation.name, last?.blame ?? words));
}

function ofFinding(situation: Situation, finding: Finding, stage: Stage): Words {
  const { kind, sentence } = finding;
  if (kind === 'livelock') return situation.round?.(stage) ?? roundWords(sentence);
  if (kind === 'exception' || kind === 'assertion') {
    return thrownWords(sentence);
  }
  return situation.asleep?.(stage) ?? asleepWords(sentence);
}

const thrownWords = (sentence: string): Words => ({
  en: `Your program threw an error. ${sentence}`,
  zh: `你的程序抛出了异常。${sentence}`,
});

const asleepWords = (sentence: string): Words => ({
  en: `Your program sleeps for ever. ${sentence}`,
  zh: `你的程序永远睡眠，不会再被唤醒。${sentence}`,
});

const roundWords = (sentence: string): Words => ({
  en: `Your program goes round and round and never sleeps, which burns the CPU. ${sentence}`,
  zh: `你的程序一直空转，从不睡眠，白白占用 CPU。${sentence}`,
});

const otherEachTime: Words = {
  en: 'Your program goes another way each time it is run. Keep variables inside of the function; what stands outside of it one run leaves to the next.',
  zh: '你的程序每次运行的走法都不一样。请把变量放在函数内部；放在外面的变量会把上一次运行的值留给下一次。',
};

function ofError(error: unknown): Words {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NotDeterministic) {
    return otherEachTime;
  }
  return {
    en: `The program could not be run. ${message}`,
    zh: `程序无法运行。${message}`,
  };
}

/** How often a file may be read while nothing is there, without a sleep. */
const patience = 3;

/** Does a thread read a file again and again, without having been told of anything meanwhile? */
export function spins({ calls }: Stage): boolean {
  const dry = new Map<unknown, number>();
  for (const { args, call, ret } of calls) {
    if (waits.includes(call) && Number(ret) > 0) dry.clear();
    const times = ret === -EAGAIN && reads.includes(call) ? (dry.get(args[0]) ?? 0) + 1 : 0;
    if (times > patience) return true;
    if (times > 0) dry.set(args[0], times);
  }
  return false;
}

/** Is this a call to wait that does not: it only looks? */
export const onlyLooks = ({ args: [, , timeout] }: Made): boolean => {
  const { tv_nsec = timeout, tv_sec = 0 } = Object(timeout) as Partial<timespec>;
  return timeout !== null && Number(tv_sec) === 0 && Number(tv_nsec) === 0;
};

/** Looked for something that was not there, without sleeping. */
export const emptyPolls = (stage: Stage): number =>
  stage
    .made('epoll_wait', 'epoll_pwait', 'epoll_pwait2', 'poll', 'ppoll', 'select', 'pselect6')
    .filter(({ args, call, ret }) => ret === 0 && args[call === 'poll' ? 1 : 2] === 0).length;

/** Calls by which a thread sleeps elsewhere than in an epoll instance, or asks for another turn. */
export const naps = (stage: Stage): Made[] =>
  stage.made(
    'nanosleep',
    'sched_yield',
    'poll',
    'ppoll',
    'select',
    'pselect6',
    'wait4',
    'waitid',
    'timerfd_create',
    'signalfd4',
  );
