/**
 * The model's source as pages of the site, `/source/kernel/eventpoll/ctl.html#L12`, so that a
 * step of the bench leads to the code that it happened in, with no network either.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { highlighted, type Word } from '../../elements/highlight.ts';

const sources = fileURLToPath(new URL('../../../src/', import.meta.url));

/** What Linux has a counterpart of, and what runs it. */
const folders = ['kernel', 'net', 'syscalls', 'sim'];

/** The sources, as `kernel/eventpoll/ctl.ts`. */
export const sourceFiles = (): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(sources, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .sort(),
  );

export const sourceText = (file: string): string => readFileSync(join(sources, file), 'utf8');

const pageOf = (file: string): string => `source/${file.replace(/\.ts$/, '.html')}`;

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[one] ?? one);

const marked = ({ kind, text }: Word): string =>
  kind === 'plain' ? escaped(text) : `<span class="${kind}">${escaped(text)}</span>`;

/** A line is a link to itself, so that a lecturer can point at it. */
const lineOf = (words: readonly Word[], i: number): string =>
  `<li id="L${i + 1}"><a href="#L${i + 1}" aria-label="Line ${i + 1}"></a><code>${words.map(marked).join('')}</code></li>`;

function htmlOf(file: string): string {
  const up = '../'.repeat(file.split('/').length);
  const lines = highlighted(sourceText(file).trimEnd()).map(lineOf).join('\n');
  return `<!doctype html>
<html lang="en-GB">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${file} · epollsim</title>
<link rel="icon" type="image/svg+xml" href="${up}icon.svg">
<link rel="stylesheet" href="${up}source.css">
<script src="${up}source.js"></script>
<header><a href="${up}">epollsim</a> <h1>src/${file}</h1></header>
<main><ol>
${lines}
</ol></main>
</html>
`;
}

export function sourcePages(): Plugin {
  return {
    name: 'epollsim: source pages',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const file = /\/source\/(.+)\.html$/.exec(request.url ?? '')?.[1];
        if (file === undefined || !sourceFiles().includes(`${file}.ts`)) return next();
        response.setHeader('content-type', 'text/html').end(htmlOf(`${file}.ts`));
      });
    },
    generateBundle() {
      if (this.environment.name !== 'client') return;
      for (const file of sourceFiles()) {
        this.emitFile({ type: 'asset', fileName: pageOf(file), source: htmlOf(file) });
      }
    },
  };
}
