/** The files of a folder on a server of their own, each by its name alone: what a page of ours may count on. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};

export interface Served {
  /** What the folder is below, with a slash at the end. */
  readonly address: string;
  close(): void;
}

export interface ServeOptions {
  /** What the paths of the folder begin with; a slash at both ends. */
  readonly below?: string;
  /** What `below` itself is, as HTML; otherwise that is the index.html of the folder. */
  readonly home?: string;
}

/** Serves a folder at a free port of this machine; what is not there is a 404, and folders have an index.html. */
export async function serveFolder(
  folder: string,
  { below = '/', home }: ServeOptions = {},
): Promise<Served> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    if (path === below && home !== undefined) {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(home);
      return;
    }
    const file = join(folder, path.slice(below.length).replace(/\/$|^$/, '/index.html'));
    if (!path.startsWith(below) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', types[extname(file)] ?? 'text/plain');
    createReadStream(file).pipe(response);
  });
  const port = await portOf(server);
  return { address: `http://127.0.0.1:${port}${below}`, close: () => server.close() };
}

function portOf(server: Server): Promise<number> {
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port)),
  );
}
