/** The site as it is built, served to a headless Chromium that is cut off from everything else. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { findChromium } from '../../support/chromium.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

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
  /** What was loaded: addresses within the site, and bytes with gzip. */
  readonly loaded: Map<string, number>;
}

export class Site {
  /** Below this are the pages; it is no root of its server, as nothing may count on that. */
  readonly address: string;
  readonly folder: string;
  private readonly server: Server;
  private readonly browser: Browser;

  private constructor(folder: string, server: Server, browser: Browser) {
    this.folder = folder;
    this.server = server;
    this.browser = browser;
    this.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`;
  }

  /** Builds the pages and starts a browser. */
  static async open(): Promise<Site> {
    const executablePath = findChromium() as string;
    const folder = mkdtempSync(join(tmpdir(), 'epollsim-lab-'));
    const vitepress = join(root, 'node_modules/vitepress/bin/vitepress.js');
    execFileSync(process.execPath, [vitepress, 'build', 'lab', '--outDir', folder], {
      cwd: root,
      stdio: 'pipe',
      env: { ...process.env, NODE_ENV: 'production', VITEST: '' },
    });
    const server = await serve(folder);
    const args = ['--disable-gpu', '--disable-background-networking'];
    const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args });
    return new Site(folder, server, browser);
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
    const loaded = new Map<string, number>();
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
      if (existsSync(file) && statSync(file).isFile()) {
        loaded.set(path, gzipSync(readFileSync(file)).length);
      }
    });
    await page.goto(this.address + path);
    return { page, complaints, loaded };
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const file = join(folder, path.replace(/^\/some\/where/, '').replace(/\/$/, '/index.html'));
    if (!path.startsWith('/some/where/') || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', types[extname(file)] ?? 'text/plain');
    response.end(readFileSync(file));
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}
