/** What the theme says in English alone, to whoever listens to a page: put into the language of the page. */

const headings: Readonly<Record<string, { readonly en: string; readonly zh: string }>> = {
  'sidebar-aria-label': { en: 'Sidebar Navigation', zh: '侧栏导航' },
  'doc-footer-aria-label': { en: 'Pager', zh: '翻页' },
};

export function nameMenus(lang: string): void {
  for (const [id, { en, zh }] of Object.entries(headings)) {
    const heading = document.getElementById(id);
    if (heading !== null) heading.textContent = lang.startsWith('zh') ? zh : en;
  }
}
