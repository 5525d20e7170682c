import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { K8supError, messageOf } from '../../errors/k8sup-error.ts';
import { labCache } from '../cache.ts';
import { withLock } from '../lock.ts';
import { hasCode } from '../processes.ts';
import { run } from '../run.ts';
import { dockerArchive, type ImageSpec } from './docker-archive.ts';
import { imageNames, labImagePaths, type LabImages } from './names.ts';
import { pauseSource } from './pause-source.ts';
import type { TarEntry } from './tar.ts';

export interface LabImagesOptions {
  /** A static coredns program. */
  readonly corednsBinary: string;
  readonly corednsVersion: string;
  readonly signal: AbortSignal;
  /** Default {@link labCache}. */
  readonly cache?: string;
  /** A static busybox; default Debian's busybox-static. */
  readonly busyboxBinary?: string;
}

const applets =
  '[ arp awk basename cat chmod cp cut date dd df dirname du echo env expr false find grep head hostname httpd id ifconfig ip kill less ln ls ' +
  'md5sum mkdir mktemp mount mv nc netstat nslookup ping ping6 printf ps pwd readlink rm rmdir route sed seq sh sha256sum sleep sort stat sync ' +
  'tail tar tee telnet test time timeout top touch tr traceroute true umount uname uniq vi wc wget whoami xargs yes';

/**
 * Writes the images of a lab's cluster from programs that are at hand, and gives their tarballs; nothing is done for those that are there already.
 *
 * @throws {@link K8supError} `LAB_IMAGE` when a program is missing, `LAB_COMMAND_FAILED` when the compiler fails.
 */
export async function labImages(options: LabImagesOptions): Promise<LabImages> {
  const paths = labImagePaths(options.corednsVersion, options.cache ?? labCache());
  const lock = { signal: options.signal, waitSeconds: 120, holder: 'Another "k8sup" is writing lab images.' };
  return withLock(join(dirname(paths.pause), '.lock'), lock, async () => {
    await writeImage(paths.pause, Buffer.from(pauseSource), () => pauseImage(options.signal));
    const busybox = await readProgram(options.busyboxBinary ?? '/bin/busybox', 'Install the package busybox-static.');
    await writeImage(paths.busybox, busybox, () => busyboxImage(busybox));
    await corednsTarball(options.corednsBinary, options.corednsVersion, paths.coredns);
    return paths;
  });
}

/** Writes the CoreDNS image alone; the caller holds the lock. */
export async function corednsTarball(binary: string, version: string, path: string): Promise<void> {
  const data = await readProgram(binary, 'Fetch it with "k8sup artifacts fetch".');
  await writeImage(path, data, () => image(imageNames.coredns(version), [program('coredns', data)], ['/coredns']));
}

/** Writes an image unless one from the same source is there; a file beside it holds the source's hash. */
async function writeImage(path: string, source: Buffer, spec: () => ImageSpec | Promise<ImageSpec>): Promise<void> {
  const recipe = createHash('sha256').update(applets).update(source).digest('hex');
  if ((await textOf(`${path}.source`)) === recipe && existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, dockerArchive(await spec()));
  // Hash last: a run cut short in between writes the image again.
  await rm(`${path}.source`, { force: true });
  await rename(`${path}.new`, path);
  await writeFile(`${path}.source`, recipe);
}

async function pauseImage(signal: AbortSignal): Promise<ImageSpec> {
  const folder = await mkdtemp(join(tmpdir(), 'k8sup-pause-'));
  try {
    const source = join(folder, 'pause.c');
    await writeFile(source, pauseSource);
    await run('gcc', ['-Os', '-static', '-s', '-o', join(folder, 'pause'), source], { signal, timeoutMs: 60_000 });
    const data = await readFile(join(folder, 'pause'));
    return image(imageNames.pause, [program('pause', data)], ['/pause']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function busyboxImage(data: Buffer): ImageSpec {
  const links = applets.split(' ').map((name): TarEntry => ({ type: 'link', name: `bin/${name}`, target: 'busybox' }));
  const folders: TarEntry[] = [
    { type: 'directory', name: 'etc', mode: 0o755 },
    { type: 'directory', name: 'root', mode: 0o700 },
    { type: 'directory', name: 'tmp', mode: 0o1777 },
    { type: 'directory', name: 'www', mode: 0o755 },
  ];
  const passwd: TarEntry = {
    type: 'file',
    name: 'etc/passwd',
    mode: 0o644,
    data: Buffer.from('root:x:0:0:root:/root:/bin/sh\n'),
  };
  const files = [program('bin/busybox', data), ...links, ...folders, passwd];
  return { ...image(imageNames.busybox, files, []), command: ['/bin/sh'] };
}

function image(name: string, files: readonly TarEntry[], entrypoint: readonly string[]): ImageSpec {
  return { name, files, entrypoint, arch: process.arch };
}

function program(name: string, data: Buffer): TarEntry {
  return { type: 'file', name, mode: 0o755, data };
}

async function readProgram(path: string, fix: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new K8supError({
      code: 'LAB_IMAGE',
      kind: 'lab',
      what: `the program for a lab image cannot be read: ${path}`,
      why: messageOf(error),
      fix,
      cause: error,
    });
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
