/** Labs, as pages list them: titles above a lab, the list of all, and marks for what is done. */
import labs from 'virtual:epollsim/labs';
import { useData, withBase } from 'vitepress';
import { defineComponent, h, onMounted, onUnmounted, ref, type VNode } from 'vue';
import { progressChanged, progressOf } from '../../elements/progress.ts';

const isChinese = (lang: string): boolean => lang.startsWith('zh');

/** All labs in the language of the page, with what has been passed in this browser. */
export const LabList = defineComponent(() => {
  const { lang } = useData();
  const done = ref<readonly number[]>([]);
  const look = (): void => {
    done.value = labs.en.map(({ number }) => number).filter((lab) => progressOf(lab).passed);
  };
  onMounted(() => {
    look();
    addEventListener(progressChanged, look);
  });
  onUnmounted(() => removeEventListener(progressChanged, look));
  return (): VNode => {
    const zh = isChinese(lang.value);
    const items = (zh ? labs.zh : labs.en).map(({ name, number, title }) =>
      h('li', [
        h('a', { href: withBase(`${zh ? '/zh' : ''}/labs/${name}.html`) }, [
          h('span', { class: 'number' }, String(number)),
          h('span', title),
          done.value.includes(number)
            ? h('span', { class: 'done' }, zh ? '✓ 通过' : '✓ passed')
            : null,
        ]),
      ]),
    );
    const handIn = h('a', { href: withBase(`${zh ? '/zh' : ''}/progress.html`) }, [
      zh ? '你的进度，以及怎样提交' : 'Your progress, and how it is handed in',
    ]);
    return h('div', { class: 'labs' }, [
      h('ol', { class: 'lab-list' }, items),
      h('p', { class: 'hand-in' }, [handIn]),
    ]);
  };
});

/** Marks the links of the sidebar that lead to labs whose task was passed. */
export function markDone(lang: string): void {
  for (const link of document.querySelectorAll<HTMLElement>('.VPSidebar a[href*="/labs/"]')) {
    const lab = Number(/\/labs\/(\d+)-/.exec(link.getAttribute('href') ?? '')?.[1]);
    if (progressOf(lab).passed) link.dataset['done'] = isChinese(lang) ? '通过' : 'passed';
    else delete link.dataset['done'];
  }
}
