import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const version = '1.6.5';
const programs = ['cfssl', 'cfssljson'] as const;

/** The real programs to compare with, or why there are none. */
export type RealCfssl =
  { readonly folder: string; readonly cfssl: string; readonly cfssljson: string } | { readonly missing: string };

/** cfssl of the release that k8sup is compared with, built once with the Go of this machine into the user's cache. */
export function realCfssl(): Promise<RealCfssl> {
  found ??= find();
  return found;
}

let found: Promise<RealCfssl> | undefined;

async function find(): Promise<RealCfssl> {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'k8sup', `cfssl-${version}`);
  const paths = { folder, cfssl: join(folder, 'cfssl'), cfssljson: join(folder, 'cfssljson') };
  if (await hasAll(paths)) return paths;
  try {
    await build(folder);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { missing: `cfssl ${version} cannot be built: ${text.trim().split('\n').slice(-1)[0] ?? ''}` };
  }
  return paths;
}

async function hasAll(paths: { readonly cfssl: string; readonly cfssljson: string }): Promise<boolean> {
  const all = await Promise.allSettled([access(paths.cfssl), access(paths.cfssljson)]);
  return all.every(({ status }) => status === 'fulfilled');
}

/** Beside its place, so that nobody finds half of it. */
async function build(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bin = await mkdtemp(join(folder, 'build-'));
  try {
    const packages = programs.map((name) => `github.com/cloudflare/cfssl/cmd/${name}@v${version}`);
    const env = { ...process.env, GOBIN: bin, CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' };
    await run('go', ['install', ...packages], { env, cwd: bin, timeout: 600_000 });
    for (const name of programs) await rename(join(bin, name), join(folder, name));
  } finally {
    await rm(bin, { recursive: true, force: true });
  }
}
