import { existsSync } from 'node:fs';
import { K8supError } from '../errors/k8sup-error.ts';
import type { LabContext } from './model.ts';
import { attempt, lastLines, run } from './run.ts';

/** Debian packages the machine needs: to boot hosts, to write images, and to build artifacts from source. */
export const labPackages: readonly string[] = [
  'systemd-container',
  'debootstrap',
  'debian-archive-keyring',
  'openssh-client',
  'iproute2',
  'socat',
  'busybox-static',
  'gcc',
  'libc6-dev',
  'libseccomp-dev',
  'pkg-config',
  'zstd',
  'xz-utils',
];

const programs = [
  'systemd-nspawn',
  'debootstrap',
  'ssh',
  'ssh-keygen',
  'ip',
  'socat',
  'gcc',
  'nsenter',
  'unshare',
  'flock',
];

/** Programs a lab needs that are in none of the usual folders. */
export function missingPrograms(exists: (path: string) => boolean = existsSync): readonly string[] {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return programs.filter((program) => !folders.some((folder) => exists(`${folder}/${program}`)));
}

/**
 * Installs those packages ({@link labPackages}, at least) that the machine does not have; asks the network only if one is missing.
 *
 * @throws {@link K8supError} `LAB_PACKAGES` when apt-get fails, `LAB_UNSUPPORTED` where there is no apt-get.
 */
export async function ensureLabPackages(names: readonly string[], context: LabContext): Promise<void> {
  const { signal, progress } = context;
  if (!existsSync('/usr/bin/apt-get')) return requirePrograms();
  const query = await attempt('dpkg-query', ['-W', '-f', '${binary:Package} ${db:Status-Status}\n', ...names], {
    signal,
    timeoutMs: 30_000,
  });
  const missing = missingPackages(query.stdout, names);
  if (missing.length === 0) return;
  progress(`installing ${missing.join(' ')}`);
  const options = { signal, timeoutMs: 600_000, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const install = ['install', '--yes', '--quiet', '--no-install-recommends', ...missing];
  try {
    await run('apt-get', ['update', '--quiet'], options);
    await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...install], options);
  } catch (error) {
    if (signal.aborted || !(error instanceof K8supError)) throw error;
    throw new K8supError({
      code: 'LAB_PACKAGES',
      kind: 'lab',
      what: `apt-get could not install ${missing.join(' ')}`,
      why: lastLines(error.why ?? error.message, 8),
      fix: `Run "apt-get update && apt-get install ${missing.join(' ')}" by hand and see what it says.`,
      cause: error,
    });
  }
}

/** The packages that dpkg-query's answer (lines of name and state) does not list as installed. */
export function missingPackages(answer: string, names: readonly string[]): readonly string[] {
  const installed = new Set(
    answer
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, state]) => state === 'installed')
      .map(([name]) => name?.replace(/:.*/, '')),
  );
  return names.filter((name) => !installed.has(name));
}

function requirePrograms(): void {
  const missing = missingPrograms();
  if (missing.length === 0) return;
  throw new K8supError({
    code: 'LAB_UNSUPPORTED',
    kind: 'lab',
    what: `The lab's programs are missing: ${missing.join(', ')}`,
    why: 'There is no apt-get on this machine, so k8sup cannot install them.',
    fix: `Install them by this system's own means (on Debian they are in ${labPackages.join(' ')}).`,
  });
}
