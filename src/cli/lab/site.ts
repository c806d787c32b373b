/**
 * A folder of files as a site: for the machine that it runs on, unless told otherwise.
 *
 * sirv would leave most of this to us: it answers the name of a folder with its page, so that the relative links
 * there lead elsewhere, has no page for what is not there, takes any method, and names no port that is taken.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';
import { FileError } from '../errors.ts';

/** What a browser has to know of a file, by the end of its name. */
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.schedule': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml; charset=utf-8',
};

export interface SiteOptions {
  /** 0 takes one that is free. */
  readonly port: number;
  /** The address to listen at. */
  readonly host: string;
}

/**
 * Serves a folder; where it is to be had, and what ends it.
 *
 * @throws FileError where the port is taken, or the address is none of this machine's
 */
export async function serveSite(
  folder: string,
  { host, port }: SiteOptions,
): Promise<{ address: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => answer(resolve(folder), request, response));
  await listening(server, host, port);
  const { address: ip, family, port: taken } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${ip}]` : ip;
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { address: `http://${name}:${taken}/`, close };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => fail(refusalOf(error, host, port)));
    server.listen(port, host, () => done());
  });
}

function refusalOf(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program has this port; --port 0 takes one that is free',
    EACCES: 'ports below 1024 are for the system',
    EADDRNOTAVAIL: 'this machine does not have this address',
    ENOTFOUND: 'there is no such address',
    EAI_AGAIN: 'there is no such address',
  };
  return new FileError(
    `cannot listen at ${host}, port ${port}: ${reasons[error.code ?? ''] ?? error.message}`,
  );
}

function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '' } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', ...plain });
    response.end('405: only GET and HEAD\n');
    return;
  }
  const path = pathIn(url);
  if (path !== null && !path.endsWith('/') && isFolder(folder, path)) {
    // The page's relative links mean the folder, and nothing else: //host would be another site.
    response.writeHead(301, { Location: `${path.replace(/^\/+/, '/')}/`, ...plain });
    response.end();
    return;
  }
  const file = path === null ? null : fileAt(folder, path);
  if (file !== null) send(response, 200, file, method);
  else notFound(folder, response, method);
}

const plain = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** The path that an address asks for; null for what is none. */
function pathIn(url: string): string | null {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '');
    return path.startsWith('/') && !path.includes('\0') ? path : null;
  } catch {
    return null; // A percent sign that means nothing.
  }
}

/** The place of a path; null if it leads out of the folder. */
function placeOf(folder: string, path: string): string | null {
  const place = join(folder, path);
  const isInside = place === folder || place.startsWith(folder + sep);
  return isInside && !path.split(/[/\\]/).includes('..') ? place : null;
}

const isFolder = (folder: string, path: string): boolean => {
  const place = placeOf(folder, path);
  if (place === null || !statSync(place, { throwIfNoEntry: false })?.isDirectory()) return false;
  return fileAt(folder, `${path}/`) !== null;
};

/** `/labs/01-create` is labs/01-create.html, and `/zh/` is zh/index.html; null where there is none. */
function fileAt(folder: string, path: string): string | null {
  const names = path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`];
  for (const name of names) {
    const place = placeOf(folder, name);
    if (place !== null && statSync(place, { throwIfNoEntry: false })?.isFile()) return place;
  }
  return null;
}

function notFound(folder: string, response: ServerResponse, method: string): void {
  const page = fileAt(folder, '/404.html');
  if (page !== null) return send(response, 404, page, method);
  response.writeHead(404, plain);
  response.end(method === 'HEAD' ? '' : '404: there is no such page\n');
}

function send(response: ServerResponse, code: number, file: string, method: string): void {
  const stream = createReadStream(file);
  stream.once('error', () => {
    if (!response.headersSent) response.writeHead(500, plain);
    response.end('500: the file cannot be read\n');
  });
  stream.once('open', () => {
    response.writeHead(code, {
      'Content-Type': types[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'X-Content-Type-Options': 'nosniff',
      // Whoever builds it anew sees what is new.
      'Cache-Control': 'no-cache',
    });
    if (method === 'HEAD') {
      stream.destroy();
      response.end();
    } else stream.pipe(response);
  });
}
