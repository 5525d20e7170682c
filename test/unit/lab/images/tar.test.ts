import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { tar, type TarEntry } from '../../../../src/lab/images/tar.ts';

const entries: readonly TarEntry[] = [
  { type: 'directory', name: 'bin', mode: 0o755 },
  { type: 'file', name: 'bin/tool', mode: 0o750, data: Buffer.from('x'.repeat(700)) },
  { type: 'file', name: 'empty', mode: 0o600, data: Buffer.alloc(0) },
  { type: 'link', name: 'bin/t', target: 'tool' },
];

function list(archive: Buffer): string {
  return execFileSync('tar', ['--utc', '--numeric-owner', '-tvf', '-'], { input: archive, encoding: 'utf8' });
}

describe('tar', () => {
  it('is read by the system tar with types, modes, sizes, owner and time', () => {
    const lines = list(tar(entries, 86_400)).trim().split('\n');
    expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-02 00:00 bin/',
      '-rwxr-x--- 0/0 700 1970-01-02 00:00 bin/tool',
      '-rw------- 0/0 0 1970-01-02 00:00 empty',
      'lrwxrwxrwx 0/0 0 1970-01-02 00:00 bin/t -> tool',
    ]);
  });

  it('keeps contents to the byte', () => {
    const data = execFileSync('tar', ['-xOf', '-', 'bin/tool'], { input: tar(entries, 0) });
    expect(data.equals(Buffer.from('x'.repeat(700)))).toBe(true);
  });

  it('gives the same bytes for the same entries', () => {
    expect(tar(entries, 5).equals(tar(entries, 5))).toBe(true);
  });

  it('refuses a name that ustar cannot hold', () => {
    expect(() => tar([{ type: 'directory', name: 'n'.repeat(100), mode: 0o755 }], 0)).toThrow(RangeError);
  });
});
