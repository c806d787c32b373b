/** Projects of somebody who tests with vitest and this package: a folder of their own, and vitest as a process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { rolldown } from 'rolldown';
import { root } from './tidy.ts';

/** What vitest says of a test. */
export interface Outcome {
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo';
  /** What the user sees of the error, without colours. */
  readonly message: string;
}

export interface Run {
  /** By the name of the test, with those of its suites. */
  readonly tests: Readonly<Record<string, Outcome>>;
  /** All that was printed. */
  readonly printed: string;
}

interface JsonReport {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: Outcome['status'];
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Nothing of the machine that runs these tests: it may be CI, where nothing is kept. */
const environment = { PATH: process.env.PATH ?? '', HOME: tmpdir(), NO_COLOR: '1' };
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

const configText = (plugin: boolean): string =>
  plugin
    ? `import { epollsim } from 'epollsim/vitest/plugin';\nexport default { plugins: [epollsim()] };\n`
    : 'export default {};\n';

/**
 * The package as it is installed, made from the sources as they are now: a folder with package.json, dist/
 * and docs/. It lies in node_modules, so that it finds its packages, and vitest leaves it as it is.
 */
async function install(): Promise<string> {
  const folder = join(root, 'node_modules', `${prefix}${process.pid}`);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : 0;
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) {
      rmSync(join(root, 'node_modules', name), { recursive: true, force: true });
    }
  }
  const build = await rolldown({
    input: ['index', 'vitest/index', 'vitest/plugin', 'sim/told'].map((name) =>
      join(root, `src/${name}.ts`),
    ),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  });
  await build.write({
    dir: join(folder, 'dist/src'),
    preserveModules: true,
    preserveModulesRoot: join(root, 'src'),
    entryFileNames: '[name].js',
  });
  await build.close();
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'docs'), join(folder, 'docs'));
  return folder;
}

/** The same tests with async functions in place of generators. */
export const inAsyncStyle = (source: string): string =>
  source.replaceAll('function*', 'async function').replaceAll('yield*', 'await');

/** Both styles of programs, and how tests are written in each. */
export const styles: readonly (readonly [string, (source: string) => string])[] = [
  ['generators', (source) => source],
  ['async functions', inAsyncStyle],
];

const prefix = '.epollsim-vitest-';

/** A worker of vitest ends without notice: what it has left, the next one removes. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

let made: Promise<string> | null = null;

/** The folder of the package, installed once. */
export const installed = (): Promise<string> => (made ??= install());

export class Project {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'epollsim-vitest-'));

  constructor(files: Readonly<Record<string, string>>, { plugin = false } = {}) {
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(join(root, 'node_modules/vitest'), join(this.folder, 'node_modules/vitest'));
    this.write('package.json', '{"type":"module"}');
    this.write('vitest.config.ts', configText(plugin));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    const whole = join(this.folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** Schedules that are kept, by their paths. */
  get kept(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.includes('__schedules__') && !path.startsWith('node_modules'))
      .filter((path) => /\.schedule/.test(path))
      .sort();
  }

  private async install(): Promise<void> {
    const link = join(this.folder, 'node_modules/epollsim');
    if (!existsSync(link)) symlinkSync(await installed(), link);
  }

  /** Runs the tests; `args` and `env` as on a command line. */
  async run(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Run> {
    await this.install();
    const report = join(this.folder, 'report.json');
    rmSync(report, { force: true });
    const whole = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    return new Promise((done, fail) => {
      execFile(
        process.execPath,
        [vitest, ...whole, ...args],
        { cwd: this.folder, env: { ...environment, ...env }, timeout: 120_000 },
        (_error, out, err) => {
          const printed = stripVTControlCharacters(out + err).replaceAll(`${this.folder}/`, '');
          if (!existsSync(report)) fail(new Error(`vitest left no report:\n${printed}`));
          else done({ tests: testsOf(readFileSync(report, 'utf8')), printed });
        },
      );
    });
  }

  /** Starts vitest so that it runs tests again when their files change. */
  async watch(): Promise<Watch> {
    await this.install();
    return new Watch(
      spawn(process.execPath, [vitest, '--watch', '--reporter=default'], {
        cwd: this.folder,
        env: environment,
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function testsOf(report: string): Record<string, Outcome> {
  const { testResults } = JSON.parse(report) as JsonReport;
  const tests: Record<string, Outcome> = {};
  for (const { assertionResults, message: ofFile } of testResults) {
    if (assertionResults.length === 0) tests['the file'] = { status: 'failed', message: ofFile };
    for (const { failureMessages, fullName, status } of assertionResults) {
      const message = stripVTControlCharacters(failureMessages.join('\n'));
      tests[fullName] = { status, message };
    }
  }
  return tests;
}

/** vitest in watch mode. */
export class Watch {
  private readonly process: ChildProcess;
  private printed = '';

  constructor(process: ChildProcess) {
    this.process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.printed += stripVTControlCharacters(data.toString());
      });
    }
  }

  /** How many times the tests have been run. */
  get runs(): number {
    return this.printed.split(/^ *Duration /m).length - 1;
  }

  get text(): string {
    return this.printed;
  }

  /** Waits until the tests have been run so many times. */
  async ran(times: number, ms = 60_000): Promise<void> {
    const end = Date.now() + ms;
    while (this.runs < times) {
      if (Date.now() > end) throw new Error(`no run ${times} in ${ms} ms:\n${this.printed}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async end(): Promise<void> {
    const over = new Promise((done) => this.process.once('exit', done));
    this.process.kill();
    await over;
  }
}
