// Plain JavaScript without dependencies: it runs in a fresh clone, before anything is installed or built.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Debian packages of the lab, of building artifacts, and of tests against a real sshd, by a file that each brings. */
const debianPackages = {
  debootstrap: '/usr/sbin/debootstrap',
  'systemd-container': '/usr/bin/systemd-nspawn',
  iproute2: ['/usr/sbin/ip', '/bin/ip', '/sbin/ip'],
  'openssh-client': '/usr/bin/ssh',
  'openssh-server': '/usr/sbin/sshd',
  sudo: '/usr/bin/sudo',
  socat: '/usr/bin/socat',
  'busybox-static': '/bin/busybox',
  zstd: '/usr/bin/zstd',
  gcc: '/usr/bin/gcc',
  'libc6-dev': '/usr/include/stdio.h',
  'libseccomp-dev': '/usr/include/seccomp.h',
  'pkg-config': '/usr/bin/pkg-config',
  openssl: '/usr/bin/openssl',
  radvd: '/usr/sbin/radvd',
  tmux: '/usr/bin/tmux',
};

/** Those of tests alone: a browser that looks at reports, and shells that complete words. */
export const testPackages = {
  'chromium-headless-shell': ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'],
  zsh: '/usr/bin/zsh',
  fish: '/usr/bin/fish',
};

/** Runs one step with its output shown, and says how long it took. */
export function step(title, command, args, options = {}) {
  const started = Date.now();
  console.log(`> ${title}`);
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(
    `  ${result.status === 0 ? 'done' : `FAILED with exit code ${String(result.status)}`} after ${seconds} s`,
  );
  return result.status === 0;
}

/** npm packages as the lock file has them, and the build. Throws when either fails. */
export function installAndBuild() {
  if (!nodeModulesAreCurrent() && !step('npm packages', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']))
    throw new Error('npm ci failed');
  if (!step('build', 'npm', ['run', '--silent', 'build'])) throw new Error('the build failed');
}

function nodeModulesAreCurrent() {
  const installed = join(root, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** Installs the Debian packages that are missing; false where this is no Debian, or not root. */
export function installDebianPackages(more = {}) {
  const missing = Object.entries({ ...debianPackages, ...more }).filter(
    ([, files]) => ![files].flat().some((file) => existsSync(file)),
  );
  if (missing.length === 0) return true;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const names = missing.map(([name]) => name);
  return (
    step('Debian package lists', 'apt-get', ['update', '-qq'], { env }) &&
    step(
      `Debian packages: ${names.join(' ')}`,
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...names],
      { env },
    )
  );
}

/** Runs the k8sup of this checkout with its output shown. */
export function k8sup(title, ...args) {
  return step(title, process.execPath, [join(root, 'dist/src/main.js'), ...args]);
}

/** Why no lab can run here, or undefined. */
export function whyNoLab() {
  if (process.platform !== 'linux') return `a lab needs Linux; this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'a lab needs root';
  if (!existsSync('/usr/bin/systemd-nspawn')) return 'systemd-nspawn is not installed and could not be';
  return undefined;
}
