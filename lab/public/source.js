// The pages' choice of light or dark holds here, too.
const chosen = localStorage.getItem('vitepress-theme-appearance') ?? 'auto';
const isDark =
  chosen === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
document.documentElement.classList.toggle('dark', isDark);
