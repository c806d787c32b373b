import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clearedOutDir } from '../scripts/out_dir.ts';

/** A folder with these files. */
function folderWith(...files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-test-'));
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

describe('A build', () => {
  test('deletes an earlier build, by a relative path too', () => {
    const folder = folderWith('bin/epollsim.js', 'src/index.js', 'browser/epollsim.js');
    expect(clearedOutDir(relative('.', folder))).toBe(folder);
    expect(readdirSync(folder)).toEqual(['.epollsim-build']);
  });

  /** Ctrl-C in the middle of it, or a test that has put its page there. */
  test('deletes an earlier build that was not finished, or has something beside it', () => {
    const folder = clearedOutDir(folderWith());
    writeFileSync(join(folder, 'page.html'), '');
    mkdirSync(join(folder, 'src'));
    expect(clearedOutDir(folder)).toBe(folder);
    expect(readdirSync(folder)).toEqual(['.epollsim-build']);
  });

  test('takes a folder that is empty, or not there', () => {
    const folder = folderWith();
    expect(clearedOutDir(folder)).toBe(folder);
    expect(clearedOutDir(join(folder, 'new'))).toBe(join(folder, 'new'));
  });

  /** Somebody's home, by a mistyped argument. */
  test.each([
    [
      'a folder with something else in it',
      folderWith('bin/epollsim.js', 'letter.txt'),
      '"letter.txt" in it',
    ],
    ['sources', folderWith('src/index.ts'), 'no bin/epollsim.js in it'],
    ['a device', '/dev/null', 'what is no folder'],
    ['the checkout', '.', 'in it'],
  ])('refuses %s, says why, and leaves it as it is', (_, path, found) => {
    const before = path === '/dev/null' ? [] : readdirSync(path, { recursive: path !== '.' });
    expect(() => clearedOutDir(path)).toThrow(
      /expected no such folder, an empty one, or an earlier build, found/,
    );
    expect(() => clearedOutDir(path)).toThrow(found);
    expect(existsSync(path)).toBe(true);
    expect(path === '/dev/null' ? [] : readdirSync(path, { recursive: path !== '.' })).toEqual(
      before,
    );
  });
});
