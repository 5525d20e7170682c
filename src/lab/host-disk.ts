import { chmod, chown, mkdir, readdir, readFile, rm, symlink, writeFile, appendFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootScript } from './boot-script.ts';
import { hostFiles, type HostFile } from './host-files.ts';
import { dataDirectories, dataDirectory, hostRoot, type LabContext, type LabHost } from './model.ts';
import type { LabRecord } from './record.ts';
import { run } from './run.ts';

export interface DiskSpec {
  readonly record: LabRecord;
  readonly rootfs: string;
  /** Line for authorized_keys. */
  readonly publicKey: string;
  /** 32 hexadecimal digits. */
  readonly machineId: string;
}

const hostKeyTypes = ['ed25519', 'ecdsa'] as const;

/** Lays out a host: an overlay over the rootfs with the host's own files in it, plain folders for data, and the script that boots it. */
export async function makeDisk(host: LabHost, spec: DiskSpec, context: LabContext): Promise<void> {
  const root = hostRoot(host);
  const folders = ['upper', 'work', 'root'].map((name) => join(host.directory, name));
  for (const folder of [...folders, ...dataDirectories.map((path) => dataDirectory(host, path))]) {
    await mkdir(folder, { recursive: true });
  }
  await mountOverlay(host, spec.rootfs, context.signal);
  for (const file of hostFiles(host, { ...spec, network: spec.record.network })) await writeHostFile(root, file);
  await makeHostKeys(root, context.signal);
  const kmsg = existsSync('/dev/kmsg');
  const script = bootScript({ lab: spec.record.name, host, cgroups: spec.record.cgroups, kmsg });
  await writeFile(join(host.directory, 'boot.sh'), script, { mode: 0o700 });
}

/** Public keys of a host, each as the two words `TYPE BASE64`. */
export async function hostKeys(host: LabHost): Promise<readonly string[]> {
  const files = hostKeyTypes.map((type) => join(hostRoot(host), `etc/ssh/ssh_host_${type}_key.pub`));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.map((text) => text.trim().split(' ').slice(0, 2).join(' '));
}

async function mountOverlay(host: LabHost, rootfs: string, signal: AbortSignal): Promise<void> {
  const layers = `lowerdir=${rootfs},upperdir=${join(host.directory, 'upper')},workdir=${join(host.directory, 'work')}`;
  await run('mount', ['-t', 'overlay', '-o', layers, `k8sup-lab-${host.machine}`, hostRoot(host)], {
    signal,
    timeoutMs: 20_000,
  });
}

/** The rootfs' own keys would be the same on every host. */
async function makeHostKeys(root: string, signal: AbortSignal): Promise<void> {
  const folder = join(root, 'etc/ssh');
  for (const name of await readdir(folder)) if (name.startsWith('ssh_host_')) await rm(join(folder, name));
  for (const type of hostKeyTypes) {
    const file = join(folder, `ssh_host_${type}_key`);
    await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file], { signal, timeoutMs: 20_000 });
  }
}

async function writeHostFile(root: string, file: HostFile): Promise<void> {
  const path = join(root, file.path);
  await makeParents(root, file);
  if (file.append === true) return appendFile(path, file.text ?? '');
  // What is there may be a link that leads out of the host's tree.
  await rm(path, { force: true });
  if (file.linkTo !== undefined) return symlink(file.linkTo, path);
  await writeFile(path, file.text ?? '', { flag: 'wx' });
  await chmod(path, file.mode ?? 0o644);
  if (file.owner !== undefined) await chown(path, file.owner, file.owner);
}

async function makeParents(root: string, file: HostFile): Promise<void> {
  const first = await mkdir(dirname(join(root, file.path)), { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let folder = dirname(join(root, file.path)); folder.length >= first.length; folder = dirname(folder)) {
    await chown(folder, file.owner ?? 0, file.owner ?? 0);
    if (folder.endsWith('/.ssh')) await chmod(folder, 0o700);
  }
}
