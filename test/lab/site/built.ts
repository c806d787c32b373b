/** The site as it is built, served to a headless Chromium that is cut off from everything else. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { findChromium } from '../../support/chromium.ts';
import { type Served, serveFolder } from '../../support/server.ts';
import { builtPages } from './build.ts';

/** Is there none to try the pages in? Then it is said once. */
export function noBrowser(): boolean {
  if (findChromium() !== null) return false;
  console.warn('skipped: no Chromium was found in PATH, nor is CHROMIUM set; no page was tried');
  return true;
}

/** A page, and what is wrong with it. */
export interface Opened {
  readonly page: Page;
  /** Errors, warnings, files that are not there, and requests that leave the site. */
  readonly complaints: string[];
  /** The files that were loaded, by their addresses within the site. */
  readonly loaded: Set<string>;
}

export class Site {
  /** Below this are the pages; it is no root of its server, as nothing may count on that. */
  readonly address: string;
  readonly folder: string;
  private readonly server: Served;
  private readonly browser: Browser;

  private constructor(folder: string, server: Served, browser: Browser) {
    this.folder = folder;
    this.server = server;
    this.browser = browser;
    this.address = server.address;
  }

  /** Serves the pages and starts a browser. */
  static async open(): Promise<Site> {
    const executablePath = findChromium() as string;
    const folder = builtPages();
    const server = await serveFolder(folder, { below: '/some/where/' });
    const args = ['--disable-gpu', '--disable-background-networking'];
    const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args });
    return new Site(folder, server, browser);
  }

  /** How many bytes a file of the site has with gzip. */
  bytesOf(path: string): number {
    return gzipSync(readFileSync(join(this.folder, path))).length;
  }

  /** Another student: nothing is remembered of pages that were opened before. */
  async open(path: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await this.browser.newContext({
      viewport: { width: 1440, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    return this.openIn(context, path);
  }

  /** A page for the same student. */
  async openIn(context: BrowserContext, path: string): Promise<Opened> {
    const page = await context.newPage();
    const complaints: string[] = [];
    const loaded = new Set<string>();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.address) && !/^(blob|data):/.test(url))
        complaints.push(`asks ${url}`);
    });
    context.on('response', async (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
      const path = new URL(response.url()).pathname.slice(new URL(this.address).pathname.length);
      const file = join(this.folder, decodeURIComponent(path));
      if (existsSync(file) && statSync(file).isFile()) loaded.add(path);
    });
    await page.goto(this.address + path);
    return { page, complaints, loaded };
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }
}
