/** The lab as a site: two languages, the same pages. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig, type UserConfig } from 'vitepress';
import { labPages, siteRoot, titled } from './pages.ts';
import { licences, licencesInside } from './plugins/licences.ts';
import { siteData } from './plugins/site_data.ts';
import { sourcePages } from './plugins/source_pages.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** In the page itself, which does not know how deep below the site's root it lies. */
const icon = `data:image/svg+xml,${encodeURIComponent(readFileSync(join(siteRoot, 'public/icon.svg'), 'utf8'))}`;

/** What differs between the two. */
interface Language {
  /** What its addresses begin with. */
  readonly at: '/' | '/zh/';
  readonly labs: string;
  readonly bench: string;
  readonly scheduler: string;
  readonly write: string;
  readonly progress: string;
  readonly lecturers: string;
  readonly glossary: string;
}

const english: Language = {
  at: '/',
  labs: 'Labs',
  bench: 'Bench',
  scheduler: 'Scheduler',
  write: 'Write',
  progress: 'Progress',
  lecturers: 'Lecturers',
  glossary: 'Glossary',
};
const chinese: Language = {
  at: '/zh/',
  labs: '实验',
  bench: '实验台',
  scheduler: '调度器',
  write: '编写',
  progress: '进度',
  lecturers: '教师',
  glossary: '术语',
};

const isThere = ({ link = '' }: { link?: string }): boolean =>
  existsSync(join(siteRoot, link.endsWith('/') ? `${link}index.md` : `${link}.md`));

/** The pages that exist, in the bar at the top. */
function navOf(language: Language): DefaultTheme.NavItem[] {
  const { at, bench, glossary, labs, lecturers, progress, scheduler, write } = language;
  const [first] = labPages(`${at.slice(1)}labs`);
  const pages = [
    { text: bench, link: `${at}bench` },
    { text: scheduler, link: `${at}scheduler` },
    { text: write, link: `${at}write` },
    { text: progress, link: `${at}progress` },
    { text: lecturers, link: `${at}lecturer` },
    { text: glossary, link: `${at}glossary` },
  ].filter(isThere);
  if (first === undefined) return pages;
  return [{ text: labs, link: `${at}labs/${first.name}`, activeMatch: `^${at}labs/` }, ...pages];
}

const sidebarOf = ({ at, labs }: Language): DefaultTheme.SidebarMulti => ({
  [`${at}labs/`]: [
    {
      text: labs,
      items: labPages(`${at.slice(1)}labs`).map(({ name, number, title }) => ({
        text: `${number}. ${title}`,
        link: `${at}labs/${name}`,
      })),
    },
  ],
});

const themeOf = (language: Language): DefaultTheme.Config => ({
  nav: navOf(language),
  sidebar: sidebarOf(language),
});

/** In Chinese all that the theme says by itself. */
const chineseTheme: DefaultTheme.Config = {
  ...themeOf(chinese),
  docFooter: { prev: '上一篇', next: '下一篇' },
  outline: { label: '本页内容' },
  returnToTopLabel: '回到顶部',
  navMenuLabel: '主导航',
  mobileMenuLabel: '菜单',
  extraMenuLabel: '更多选项',
  sidebarMenuLabel: '菜单',
  darkModeSwitchLabel: '外观',
  lightModeSwitchTitle: '切换到浅色',
  darkModeSwitchTitle: '切换到深色',
  langMenuLabel: '切换语言',
  skipToContentLabel: '跳到正文',
  notFound: {
    title: '没有这一页',
    quote: '地址可能有误，或者页面已被移动。',
    linkLabel: '回到首页',
    linkText: '回到首页',
  },
};

const chineseSearch: Partial<DefaultTheme.LocalSearchOptions> = {
  translations: {
    button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
    modal: {
      displayDetails: '显示详细列表',
      resetButtonTitle: '清除',
      backButtonTitle: '关闭',
      noResultsText: '没有结果：',
      footer: {
        selectText: '选择',
        navigateText: '切换',
        closeText: '关闭',
      },
    },
  },
};

/** Chinese has no spaces: a word is what the segmenter of the platform takes for one. */
const wordsOf = (text: string): string[] =>
  [...new Intl.Segmenter('zh', { granularity: 'word' }).segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'epollsim',
  base: process.env['EPOLLSIM_LAB_BASE'] ?? './',
  outDir: join(project, 'dist/lab'),
  cacheDir: join(project, 'node_modules/.vitepress'),
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: icon }],
    ['meta', { name: 'theme-color', content: '#0b6e69' }],
  ],
  locales: {
    root: {
      label: 'English',
      lang: 'en-GB',
      description: 'Linux epoll, understood by watching and by breaking it',
      themeConfig: themeOf(english),
    },
    zh: {
      label: '简体中文',
      lang: 'zh-CN',
      description: '看着它运行，再把它弄坏：这样理解 Linux epoll',
      themeConfig: chineseTheme,
    },
  },
  themeConfig: {
    aside: false,
    search: {
      provider: 'local',
      options: {
        locales: { zh: chineseSearch },
        miniSearch: { options: { tokenize: wordsOf } },
      },
    },
  },
  markdown: {
    // For pages and for the search alike.
    config(md) {
      const { render, renderAsync } = md;
      md.render = (text, env) => render.call(md, titled(text), env);
      md.renderAsync = (text, env) => renderAsync.call(md, titled(text), env);
    },
  },
  vue: {
    template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('epollsim-') } },
  },
  vite: {
    resolve: { alias: [{ find: /^epollsim$/, replacement: join(project, 'src/index.ts') }] },
    publicDir: join(siteRoot, 'public'),
    worker: { format: 'es', plugins: () => [siteData(), licencesInside()] },
    plugins: [siteData(), sourcePages(), licencesInside(), licences()],
  },
});

export default config;
