/**
 * What the labs say is there: programs, schedules, notes, keys; and each is in Chinese what it is in
 * English, element by element, list by list, link by link.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProgress } from '../../lab/model/progress.ts';
import { tasks } from '../../lab/tasks/index.ts';
import {
  codeOf,
  fencesOf,
  keysOf,
  type LabText,
  labNames,
  labOf,
  linksOf,
  listsOf,
  momentsOf,
  quotesOf,
  readLab,
  tablesOf,
  wordsOf,
} from '../support/lab_texts.ts';
import { filesIn, root } from '../support/tidy.ts';

const names = labNames('lab/labs');
const english = names.map((name) => readLab(`lab/labs/${name}.md`));
const chinese = labNames('lab/zh/labs').map((name) => readLab(`lab/zh/labs/${name}.md`));
const all = [...english, ...chinese];
const titled = (labs: readonly LabText[]): [string, LabText][] =>
  labs.map((lab) => [lab.path, lab]);

const titles = {
  en: ['Scene', 'Prediction', 'Experiment', 'Variation', 'Task', 'Further reading'],
  zh: ['情境', '预测', '实验步骤', '变式', '任务', '延伸阅读'],
};
/** Those in which one looks at the bench: what is quoted there are notes. */
const [experiment, variation] = [2, 3];

/** The keys of the bench. */
const keys = ['→', '←', 'Shift+→', 'Shift+←', 'w', 'Home', 'End', 'Space'];

/** Quoted at the bench, and no note. */
const noNotes = ['thundering herd', 'something is in '];

/** Notes of which a lab says that they do not come. */
const absent: Readonly<Record<string, string>> = {
  'lab/labs/06-edge.md': 'level-triggered, back onto rdllist',
};

/** A number for each of what stands in it in turn: what it may look like, nothing of its language. */
const shapeOf = ({ elements, sections }: LabText): object => ({
  elements: elements.map(({ attributes, name }) => ({ name, attributes })),
  lists: sections.map(({ text }) => listsOf(text)),
  links: sections.map(({ text }) => linksOf(text)),
  tables: sections.map(({ text }) => tablesOf(text)),
  fences: sections.map(({ text }) => fencesOf(text)),
  code: sections.map(({ text }) => [...new Set(codeOf(text))].sort()),
  keys: sections.map(({ text }) => [...new Set(keysOf(text))].sort()),
});

describe('each lab', () => {
  /** Somebody who goes from one to the next, or looks for its task. */
  test('has a number in its name and in its head, one after the other, and a task', () => {
    const numbers = english.map(({ frontmatter }) => Number(frontmatter['lab']));

    expect(names.map((name) => Number(name.slice(0, 2)))).toEqual(numbers);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(tasks.map(({ number }) => number)).toEqual(numbers);
    expect(numbers.length).toBeGreaterThanOrEqual(14);
  });

  /** A reader in one language would find a lab less. */
  test('is there in both languages, under the same name', () => {
    expect(labNames('lab/zh/labs')).toEqual(names);
  });

  /** The site makes its table of contents from them. */
  test.each(titled(all))(
    '%s has the six sections, and a title',
    (path, { frontmatter, sections }) => {
      const language = path.startsWith('lab/zh/') ? 'zh' : 'en';

      expect(sections.map(({ title }) => title)).toEqual(titles[language]);
      expect(frontmatter['title']).toMatch(language === 'zh' ? /\p{Script=Han}/u : /^[A-Z]|^epoll/);
    },
  );

  /** A quiz without a right answer, or without a reason. */
  test.each(titled(all))('%s asks at least once, with an answer that is in the list', (_, lab) => {
    const quizzes = lab.elements.filter(({ name }) => name === 'epollsim-predict');

    expect(quizzes.length).toBeGreaterThan(0);
    for (const { attributes, content } of quizzes) {
      const [count = 0, ...others] = listsOf(content);
      expect(others).toEqual([]);
      expect([3, 4]).toContain(count);
      expect(Number(attributes['answer'])).toBeGreaterThanOrEqual(1);
      expect(Number(attributes['answer'])).toBeLessThanOrEqual(count);
      expect(content).toMatch(/^> \S/m);
    }
  });

  /** An editor with the task of another lab. */
  test.each(titled(all))('%s has its own task', (_, { elements, frontmatter }) => {
    const numbers = elements.flatMap(({ attributes, name }) =>
      name === 'epollsim-task' ? [attributes['number']] : [],
    );

    expect(numbers).toEqual([frontmatter['lab']]);
  });

  /** A key that nobody listens to. */
  test.each(titled(all))('%s names keys that there are', (_, { sections }) => {
    const named = sections.flatMap(({ text }) => keysOf(text));

    expect(named.filter((key) => !keys.includes(key))).toEqual([]);
  });
});

describe('each bench', () => {
  const benches = english.flatMap(({ elements, path }) =>
    elements.flatMap((one) => (one.name === 'epollsim-bench' ? [{ path, one }] : [])),
  );

  /** A bench that stays empty, or opens at the beginning and not at the moment that is meant. */
  test.each(benches.map((bench) => [JSON.stringify(bench.one.attributes), bench] as const))(
    '%s shows its program, and what `at` names happens there',
    (_, { one }) => {
      const { at, program = '', schedule } = one.attributes;
      expect(existsSync(join(root, `lab/programs/${program}.ts`))).toBe(true);
      if (schedule !== undefined) {
        expect(existsSync(join(root, `lab/programs/${schedule}.schedule`))).toBe(true);
      }
      const words = momentsOf(one).flatMap(wordsOf);
      expect(words.length).toBeGreaterThan(0);
      if (at !== undefined) expect(words.some((word) => word.includes(at))).toBe(true);
    },
  );

  /** A student who steps on and on for a note that never comes. */
  test.each(titled(english))('%s quotes notes that its benches show', (path, lab) => {
    const shown = lab.elements
      .filter(({ name }) => name === 'epollsim-bench')
      .flatMap((one) => momentsOf(one).flatMap(wordsOf));
    const quoted = [experiment, variation]
      .flatMap((i) => quotesOf(lab.sections[i]?.text ?? ''))
      .filter((one) => !noNotes.includes(one));
    const isShown = (note: string): boolean => shown.some((words) => words.includes(note));

    expect(quoted.filter((note) => !isShown(note))).toEqual([absent[path] ?? []].flat());
    if (/\bnotes?\b/.test(lab.sections[experiment]?.text ?? '')) {
      expect(quoted.length, path).toBeGreaterThan(0);
    }
  });
});

describe('in Chinese', () => {
  const twins = english.map((lab, i) => [lab.path, lab, chinese[i] as LabText] as const);

  /** One of the two was changed, and the other was forgotten. */
  test.each(twins)('%s has the same elements, lists, links, code and keys', (_, lab, twin) => {
    expect(shapeOf(twin)).toEqual(shapeOf(lab));
  });

  /** Notes stay in English, as the bench says them. */
  test.each(twins)('%s quotes the same notes', (_, lab, twin) => {
    const notesOf = ({ sections }: LabText): string[] =>
      [experiment, variation].flatMap((i) => quotesOf(sections[i]?.text ?? ''));

    const isNote = (one: string): boolean => !noNotes.includes(one);
    expect(notesOf(twin)).toEqual(notesOf(lab).filter(isNote));
  });

  /** A line break between two characters becomes a space on the page. */
  test.each(titled(chinese))('%s has a line for each paragraph', (_, { sections }) => {
    const lines = sections.flatMap(({ text }) => text.split('\n'));
    const broken = lines.filter(
      (line, i) =>
        /^\s*\p{Script=Han}/u.test(line) && /\p{Script=Han}|[，。]$/u.test(lines[i - 1] ?? ''),
    );

    expect(broken).toEqual([]);
  });
});

/** Who has never seen the bench, and looks for the button of which the first lab speaks. */
test.each([
  ['English', english[0]],
  ['Chinese', chinese[0]],
] as const)('the buttons that the first lab names are there in %s', (_, lab) => {
  const text = lab?.sections.map((section) => section.text).join('') ?? '';
  const named = [...text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, name]) => name);
  const words = readFileSync(join(root, 'lab/elements/words.ts'), 'utf8');

  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !words.includes(`: '${name}',`))).toEqual([]);
});

/** Chinese readers are told what the sentences of the bench mean, which are English. */
test('the glossary has every note that the benches show', () => {
  const glossary = readFileSync(join(root, 'lab/zh/glossary.md'), 'utf8');
  const notes = english
    .flatMap(({ elements }) => elements.filter(({ name }) => name === 'epollsim-bench'))
    .flatMap((one) => momentsOf(one).filter(({ kind }) => kind === 'note'))
    .map(({ sentence }) => sentence.slice(sentence.indexOf(': ') + 2));

  expect(notes.length).toBeGreaterThan(100);
  expect([...new Set(notes)].filter((note) => !glossary.includes(`| ${note} |`))).toEqual([]);
});

describe('the page for lecturers', () => {
  const page = readLab('lab/lecturer.md');

  test('is in Chinese what it is in English', () => {
    expect(shapeOf(readLab('lab/zh/lecturer.md'))).toEqual(shapeOf(page));
    expect(page.elements.map(({ name }) => name)).toEqual(['epollsim-progress']);
  });

  /** A link that leads nowhere, in front of a class. */
  test.each(['lab', 'lab/zh'])('%s/lecturer.md leads to labs that there are', (folder) => {
    const links = readLab(`${folder}/lecturer.md`).sections.flatMap(({ text }) => linksOf(text));

    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !existsSync(join(root, folder, link)))).toEqual([]);
  });

  /** A lecturer who writes such files with a script. */
  test('shows a hand-in that is read as one', () => {
    const [json = ''] = page.sections.flatMap(({ text }) => fencesOf(text)).filter(isJson);

    expect(readProgress(json.replace(/^```json\n|\n```$/g, '')).student).toBe('Ada');
  });

  const isJson = (fence: string): boolean => fence.startsWith('```json');

  test('asks something of each lab', () => {
    const asked = page.sections.find(({ title }) => title === 'What to ask')?.text ?? '';

    expect(asked.match(/^- Lab \d+/gm)).toEqual(english.map((_, i) => `- Lab ${i + 1}`));
  });
});

/** One thing by two names is two things to whoever learns them. */
test('Chinese texts have the words of the glossary, and not those that it has decided against', () => {
  const others =
    /休眠|边沿|该项|监听项|红黑色|水平出发|解除状态|就绪列表|就绪队列|惊群效应|文件句柄|工作台|步过/;
  const graders = filesIn('lab/tasks', '.ts');
  const texts = [...filesIn('lab/zh', '.md'), ...graders].flatMap(({ path, text }) =>
    text.split('\n').map((line) => `${path}: ${line}`),
  );

  expect(texts.length).toBeGreaterThan(1000);
  expect(texts.filter((line) => others.test(line))).toEqual([]);
  const glossary = readFileSync(join(root, 'lab/zh/glossary.md'), 'utf8');
  for (const word of [
    '就绪链表',
    '红黑树',
    '等待队列',
    '唤醒',
    '水平触发',
    '边缘触发',
    '惊群',
    '系统调用',
  ]) {
    expect(glossary).toMatch(new RegExp(`\\| ${word}[ ，|]`));
  }
});

/** Each check sees what it is for. */
describe('a text that is wrong', () => {
  const text = (body: string): LabText => labOf('x.md', `---\ntitle: X\nlab: 3\n---\n\n${body}`);

  test('an element with another attribute, and a list with an item less, are other shapes', () => {
    const one = text(
      '## A\n\n<epollsim-bench program="a" at="b: c->d"></epollsim-bench>\n\n1. x\n2. y\n',
    );

    expect(one.elements).toEqual([
      { name: 'epollsim-bench', attributes: { program: 'a', at: 'b: c->d' }, content: '' },
    ]);
    expect(one.sections.map((section) => listsOf(section.text))).toEqual([[2]]);
    expect(one.frontmatter).toEqual({ title: 'X', lab: '3' });
    expect(shapeOf(one)).not.toEqual(shapeOf(text('## A\n\n1. x\n2. y\n')));
  });

  test('lists are counted one by one, over lines that go on', () => {
    expect(listsOf('1. a\n   b\n2. c\n\ntext\n\n1. d\n\n- e\n- f\n')).toEqual([2, 1, 2]);
  });

  test('quotes are those of more than a word, and keys those to press', () => {
    expect(
      quotesOf('the note "ep_poll: nothing\n   ready", *one shot, disarmed* and "one"'),
    ).toEqual(['ep_poll: nothing ready', 'one shot, disarmed']);
    expect(quotesOf('注记是“queued already”')).toEqual(['queued already']);
    expect(quotesOf('**bold words** `code "in it"` *file* “文字 x”')).toEqual([]);
    expect(keysOf('Press `q`, then `Ctrl+→`; the thread `a`')).toEqual(['q', 'Ctrl+→']);
    expect(keysOf('按 `w`，按一次 `Shift+→`')).toEqual(['w', 'Shift+→', 'Shift+→']);
  });
});
