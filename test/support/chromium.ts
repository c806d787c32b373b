/** A page in headless Chromium that is served the files of one folder, and nothing else. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type JSHandle, type Page } from 'playwright-core';
import { type Served, serveFolder } from './server.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium of this machine: CHROMIUM (empty: none), or the first in PATH; null if there is none. */
export function findChromium(): string | null {
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM !== undefined) return CHROMIUM === '' ? null : CHROMIUM;
  const paths = PATH.split(delimiter).flatMap((folder) =>
    programs.map((program) => join(folder, program)),
  );
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Keeps it from asking the network for anything of its own. */
const args = `--disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);

/** A page whose modules are found by these names. */
const pageWith = (imports: Readonly<Record<string, string>>): string =>
  `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;

export class Browser {
  readonly page: Page;
  /** What a page that works has none of: errors, and files that are not there. */
  readonly complaints: string[] = [];
  private readonly server: Served;
  private readonly context: BrowserContext;
  private readonly profile: string;

  private constructor(server: Served, context: BrowserContext, page: Page, profile: string) {
    this.server = server;
    this.context = context;
    this.page = page;
    this.profile = profile;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** `imports` tells by which name a module of the folder is imported: `/browser/epollsim.js`. */
  static async open(
    executablePath: string,
    folder: string,
    imports: Readonly<Record<string, string>>,
  ): Promise<Browser> {
    const server = await serveFolder(folder, { home: pageWith(imports) });
    const profile = mkdtempSync(join(tmpdir(), 'epollsim-chromium-'));
    const options = { executablePath, headless: true, chromiumSandbox: false, args };
    const context = await chromium.launchPersistentContext(profile, options);
    const page = context.pages()[0] ?? (await context.newPage());
    const browser = new Browser(server, context, page, profile);
    await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
    await page.goto(server.address);
    return browser;
  }

  /** A module, as the page imports it. */
  import<T extends object>(name: string): Promise<JSHandle<T>> {
    // As text, for what compiles tests would make of import() what only it understands.
    return this.page.evaluateHandle(`import(${JSON.stringify(name)})`) as Promise<JSHandle<T>>;
  }

  async close(): Promise<void> {
    await this.context.close();
    this.server.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
