import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import { escapeControl } from '../shell/escape.ts';
import { labCache } from './cache.ts';
import { withLock } from './lock.ts';
import type { LabContext } from './model.ts';
import { removeWithMounts } from './mounts.ts';
import { lastLines, run } from './run.ts';

const release = 'bookworm';

/** What a lab host has; the programs that 01.prepare would otherwise have to install are in it, as a lab has no way to a package server. */
const rootfsPackages: readonly string[] = [
  ...['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'ca-certificates', 'procps', 'kmod', 'curl'],
  ...['iproute2', 'iptables', 'nftables', 'iputils-ping', 'conntrack', 'ipset', 'ebtables', 'ethtool', 'socat'],
  ...['zstd', 'xz-utils', 'libseccomp2'],
  // Debian's dockerd is linked to it.
  'libdevmapper1.02.1',
];

/** Folder of the rootfs for these packages; another list is another rootfs. */
export function rootfsPath(cache: string, packages: readonly string[] = rootfsPackages): string {
  const hash = createHash('sha256').update([release, ...[...packages].sort()].join('\n'));
  return join(cache, `rootfs-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * Gives the folder of the hosts' common file tree, and makes it the first time: beside its place, then renamed into it, so that it is whole or not there.
 *
 * @param extra - Debian packages that these hosts have besides {@link rootfsPackages}.
 * @throws {@link K8supError} `LAB_ROOTFS` with debootstrap's last words.
 */
export async function ensureRootfs(
  context: LabContext,
  extra: readonly string[] = [],
  cache: string = labCache(),
): Promise<string> {
  const packages = [...rootfsPackages, ...extra];
  const path = rootfsPath(cache, packages);
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  const lock = { signal: context.signal, waitSeconds: 900, holder: 'Another "k8sup lab" is making the same rootfs.' };
  return withLock(`${path}.lock`, lock, async () => {
    if (existsSync(path)) return path;
    await removeRemains(cache, path, context.signal);
    context.progress('making the file tree of lab hosts with debootstrap, once (about a minute)');
    const temporary = `${path}.new-${process.pid}`;
    await debootstrap(temporary, packages, context.signal);
    await rename(temporary, path);
    return path;
  });
}

async function debootstrap(target: string, packages: readonly string[], signal: AbortSignal): Promise<void> {
  const command = ['debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, release, target];
  // In namespaces of their own, its mounts and children end with it, however it ends.
  const namespaces = ['--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];
  try {
    await run('unshare', [...namespaces, ...command], { signal, timeoutMs: 900_000 });
    await rm(join(target, 'var/cache/apt/archives'), { recursive: true, force: true });
  } catch (error) {
    const log = await readFile(join(target, 'debootstrap/debootstrap.log'), 'utf8').catch(() => '');
    await rm(target, { recursive: true, force: true });
    if (signal.aborted || !(error instanceof K8supError)) throw error;
    throw new K8supError({
      code: 'LAB_ROOTFS',
      kind: 'lab',
      what: 'debootstrap could not make the file tree of lab hosts',
      why: escapeControl(lastLines(`${error.why ?? error.message}\n${log}`, 15)),
      fix: 'It needs a Debian package mirror that answers; try again when the cause above is gone.',
      cause: error,
    });
  }
}

/** Trees that runs which were killed left half made. */
async function removeRemains(cache: string, path: string, signal: AbortSignal): Promise<void> {
  const remains = (await readdir(cache)).filter((name) => name.startsWith(`${basename(path)}.new-`));
  for (const name of remains) await removeWithMounts(join(cache, name), signal);
}
