/** The bench in a browser: what keys, buttons, the slider and links do. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './site/bench_page.ts';
import { noBrowser, Site } from './site/built.ts';

describe.skipIf(noBrowser())('The bench', { timeout: 60_000 }, () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);

  afterAll(async () => {
    await site?.close();
  });

  async function benchOf(path: string, which = 0): Promise<BenchPage> {
    const { page } = await site.open(path);
    const bench = new BenchPage(page, which);
    await bench.ready();
    return bench;
  }

  /** A student who follows lab 3 word by word, and finds other words on the page. */
  test('a step shows the next moment, its function and the line of its thread', async () => {
    const bench = await benchOf('labs/03-callback.html');
    expect(await bench.sentence()).toBe('Before the first step. Press → to take one.');

    await bench.press('ArrowRight');
    expect(await bench.sentence()).toBe('main calls socketpair(AF_UNIX, SOCK_STREAM, 0)');
    expect(await bench.lit()).toContain('sys.socketpair(');

    await bench.press('Shift+ArrowRight');
    expect(await bench.sentence()).toBe('socketpair gives main [3, 4]');
    expect(await bench.kernel()).toContain('socket3 fd 3');

    await bench.press('Shift+ArrowRight');
    expect(await bench.sentence()).toBe('epoll_create1 gives main 5');
  });

  /** Who went one step too far: back is a look at what was, and no other run. */
  test('a step back shows what was there before, to the letter', async () => {
    const bench = await benchOf('labs/03-callback.html');
    await bench.press('Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight');
    const before = [await bench.sentence(), await bench.kernel(), await bench.place()];
    await bench.press('ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft');
    // Marks of what has changed are there as well, since they are those of the same step.
    expect([await bench.sentence(), await bench.kernel(), await bench.place()]).toEqual(before);

    await bench.press('Shift+ArrowLeft');
    expect(await bench.sentence()).toBe('epoll_create1 gives main 5');
  });

  /** Where the event is: the wakeup is what the lab is about. */
  test('w runs to the next wakeup, and shows who is woken by what', async () => {
    const bench = await benchOf('labs/03-callback.html');
    await bench.press('w');
    expect(await bench.sentence()).toBe('t1 wakes main');
    expect(await bench.fn()).toBe('ep_autoremove_wake_function');
    expect(await bench.kernel()).toContain('rdllist ep5[3]');
    expect(await bench.lit()).toContain("sys.write(there, 'hello')");

    await bench.press('w');
    const [place, all] = await bench.place();
    expect(place).toBe(all);
  });

  /** A hand on the mouse: the buttons do what the keys do. */
  test('the buttons step, go over a call, to a wakeup and to both ends', async () => {
    const bench = await benchOf('labs/01-create.html');
    const click = (name: string): Promise<void> =>
      bench.bench.getByRole('button', { name, exact: true }).click();
    await click('Over the call');
    expect(await bench.sentence()).toBe('epoll_create1 gives main 3');
    await click('Step');
    expect(await bench.sentence()).toBe('main calls epoll_wait(3, 8, 0)');
    await click('One step back');
    expect(await bench.sentence()).toBe('epoll_create1 gives main 3');
    await click('To the next wakeup');
    expect(await bench.sentence()).toContain('wakes main');
    await click('To the beginning');
    expect((await bench.place())[0]).toBe(0);
  });

  test('it plays, and a key stops it', async () => {
    const bench = await benchOf('labs/01-create.html');
    await bench.bench.getByLabel('Speed').selectOption('160');
    await bench.bench.locator('.bench').focus();
    await bench.press(' ');
    await expect.poll(async () => (await bench.place())[0], { timeout: 5000 }).toBeGreaterThan(2);
    await bench.press('ArrowLeft');
    const [place] = await bench.place();
    await new Promise((done) => setTimeout(done, 500));
    expect((await bench.place())[0]).toBe(place);
  });

  /** A finger on the timeline. */
  test('a click on the timeline goes to that moment', async () => {
    const bench = await benchOf('labs/03-callback.html');
    const [, all] = await bench.place();
    const track = bench.bench.locator('.track');
    const { width = 0, height = 0 } = (await track.boundingBox()) ?? {};
    await track.click({ position: { x: width / 2, y: height / 2 } });
    const [place] = await bench.place();
    expect(Math.abs(place - all / 2)).toBeLessThanOrEqual(1);

    const slider = bench.bench.getByRole('slider');
    expect(await slider.getAttribute('aria-valuetext')).toContain(await bench.sentence());
  });

  /** What a lecturer sends to a student: this moment, and no other. */
  test('a copied link opens at its moment, on its kernel, along its schedule', async () => {
    const first = await benchOf('labs/13-lost-wakeup.html');
    await first.press('w', 'ArrowRight', 'ArrowRight');
    await first.bench.getByRole('button', { name: 'Copy link' }).click();
    await first.bench.getByText('Copied').waitFor();
    const page = first.bench.page();
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(link).toMatch(/^http.*\/labs\/13-lost-wakeup\.html#bench=[\w-]+$/);
    expect(link.length).toBeLessThan(2000);

    const second = await benchOf(link.slice(site.address.length));
    expect(await second.place()).toEqual(await first.place());
    expect(await second.sentence()).toBe(await first.sentence());
    expect(await second.kernel()).toBe(await first.kernel());
    expect(await second.bench.locator('.release').innerText()).toBe('Linux 5.6');
    await second.press('End');
    expect(await second.bench.locator('.notices').innerText()).toContain('b in epoll_wait');
  });

  /** Who has changed the program sends what they have changed. */
  test('an edited program runs, and goes with the link', async () => {
    const first = await benchOf('labs/03-callback.html');
    await first.bench.getByRole('button', { name: 'Edit' }).click();
    const editor = first.bench.getByRole('textbox', { name: 'Program' });
    await editor.fill(
      `import type { Sys } from 'epollsim';\nexport default function* (sys: Sys) {\n  yield* sys.eventfd2(7, 0);\n}\n`,
    );
    await editor.press('Control+Enter');
    await first.ready();
    await first.press('Shift+ArrowRight');
    expect(await first.kernel()).toContain('count 7');
    await first.bench.getByRole('button', { name: 'Copy link' }).click();
    await first.bench.getByText('Copied').waitFor();

    const link = first.bench.page().url();
    const second = await benchOf(link.slice(site.address.length));
    expect(await second.kernel()).toContain('count 7');
    expect(await second.sentence()).toBe('eventfd2 gives main 3');
  });

  /** What a program that is wrong says, and where. */
  test.each([
    ['export default 5;', 'export default of a number'],
    ['const x = ;', 'Line 1.'],
    ["import 'node:fs';\nexport default function* () {}", "'node:fs'"],
  ])('%s cannot be run, and the reason is there', async (text, reason) => {
    const { bench } = await edited(text);
    await expect.poll(() => bench.locator('.notices').innerText()).toContain(reason);
  });

  /** A tab that hangs: no program may hold up the page. */
  test('a program that never comes to rest is ended, and the bench works on', async () => {
    const bench = await edited('export default function* () { for (;;) { try { } catch {} } }');
    await expect
      .poll(() => bench.bench.locator('.notices').innerText(), { timeout: 20_000 })
      .toContain('nothing was heard of it for ten seconds');
    await bench.bench.getByRole('button', { name: 'Back to the original' }).click();
    await bench.ready();
    await bench.press('Shift+ArrowRight');
    expect(await bench.sentence()).toBe('socketpair gives main [3, 4]');
  });

  async function edited(text: string): Promise<BenchPage> {
    const bench = await benchOf('labs/03-callback.html');
    await bench.bench.getByRole('button', { name: 'Edit' }).click();
    const editor = bench.bench.getByRole('textbox', { name: 'Program' });
    await editor.fill(text);
    await editor.press('Control+Enter');
    return bench;
  }

  /** The function that is named is one click away, in this site. */
  test('the function leads to its line in the source', async () => {
    const bench = await benchOf('labs/03-callback.html');
    await bench.press('w');
    const href = await bench.bench.locator('.sentence .fn a').getAttribute('href');
    const { complaints, page } = await site.open(String(href).slice(site.address.length));
    expect(await page.locator('li:target').innerText()).toContain('ep_autoremove_wake_function');
    expect(complaints).toEqual([]);
  });

  /** The kernels of the bench: what 5.6 does and 5.7 does not. */
  test('on the bench of its own a program and a kernel are chosen', async () => {
    const bench = await benchOf('bench.html');
    const menu = (name: string) => bench.bench.getByRole('combobox', { name });
    await menu('Program').selectOption('13-lost-wakeup');
    await menu('Kernel').selectOption('5.5');
    await expect.poll(() => bench.bench.locator('.release').innerText()).toBe('Linux 5.5');
    await bench.ready();
    await bench.press('Shift+ArrowRight');
    expect(await bench.sentence()).toContain('gives main');
  });

  /** Who has a phone sees pictures alone, and reads in the labs of keys. */
  test.each(['labs/01-create.html', 'zh/labs/01-create.html'])(
    'each button of %s is in the list of buttons and keys, under its name',
    async (path) => {
      const { bench } = await benchOf(path);
      const named = await bench
        .locator('.controls button')
        .evaluateAll((all) =>
          all.map((one) => one.getAttribute('aria-label') ?? String(one.textContent).trim()),
        );
      const list = await bench.locator('.keys li').allInnerTexts();
      expect(named.length).toBe(7);
      expect(named.filter((name) => !list.some((one) => one.includes(name)))).toEqual([]);
    },
  );

  describe('on a projector of 1024 by 768', () => {
    async function projected(path: string) {
      const { page } = await site.open(path, { viewport: { width: 1024, height: 768 } });
      const bench = new BenchPage(page);
      await bench.ready();
      return { page, bench: bench.bench };
    }

    /** The last row of a lecture hall, which is to see what happens in the kernel. */
    test('the program and the kernel of a lab stand side by side', async () => {
      const { bench } = await projected('labs/05-level.html');
      const { y: program = 0 } = (await bench.locator('.program').boundingBox()) ?? {};
      const { y: kernel = 1 } = (await bench.locator('.kernel').boundingBox()) ?? {};
      expect(kernel).toBe(program);
    });

    test('what has just happened stays below the bars of the page', async () => {
      const { bench, page } = await projected('labs/05-level.html');
      await page.evaluate(
        "document.querySelector('epollsim-bench').scrollIntoView(), scrollBy(0, 99)",
      );
      const { y: bar = 0 } = (await bench.locator('.bar').boundingBox()) ?? {};
      const local = (await page.locator('.VPLocalNav').boundingBox()) ?? { y: 0, height: 0 };
      expect(bar).toBeGreaterThanOrEqual(local.y + local.height - 1);
      expect(bar).toBeLessThan(local.y + local.height + 4);
    });

    test('the list of labs comes by a button, and leads to another lab', async () => {
      const { page } = await projected('labs/05-level.html');
      expect(await page.locator('.VPSidebar').isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.locator('.VPSidebar').getByRole('link', { name: '6. Edge-triggered' }).click();
      await page.waitForURL(/06-edge/);
      await expect.poll(() => page.locator('.VPSidebar').isVisible()).toBe(false);
    });
  });
});
