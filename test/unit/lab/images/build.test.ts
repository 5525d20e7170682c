import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { corednsTarball } from '../../../../src/lab/images/build.ts';

describe('corednsTarball', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'k8sup-images-'));
    await writeFile(join(folder, 'coredns'), 'one');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = () => corednsTarball(join(folder, 'coredns'), '1.2.3', join(folder, 'images/coredns.tar'));

  it('leaves a tarball of the same program alone', async () => {
    await write();
    const before = await stat(join(folder, 'images/coredns.tar'));
    await write();
    expect((await stat(join(folder, 'images/coredns.tar'))).ino).toBe(before.ino);
  });

  it('writes it again when the program is another one', async () => {
    await write();
    await writeFile(join(folder, 'coredns'), 'the second');
    await write();
    expect(await readFile(join(folder, 'images/coredns.tar'), 'latin1')).toContain('the second');
  });

  it('writes it again when it was taken away', async () => {
    await write();
    await rm(join(folder, 'images/coredns.tar'));
    await write();
    expect(await readFile(join(folder, 'images/coredns.tar'), 'latin1')).toContain('k8sup.lab/coredns:1.2.3');
  });

  it('names a program that is missing', async () => {
    await rm(join(folder, 'coredns'));
    await expect(write()).rejects.toMatchObject({
      code: 'LAB_IMAGE',
      message: expect.stringContaining('coredns') as string,
    });
  });
});
