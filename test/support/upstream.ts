import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import { helmArtifact, openArtifacts } from '../../src/artifacts/index.ts';
import { defaultCacheDir } from '../../src/artifacts/cache.ts';
import type { Inventory } from '../../src/inventory/model.ts';
import type { UpstreamContext } from '../../src/network/upstream/index.ts';

const folder = process.env['K8SUP_UPSTREAM_DIR'];

/** Why upstream's release files cannot be tried here; undefined where they can. A test that needs them has the reason in its name. */
export const noUpstream: string | undefined =
  folder === undefined || folder === '' ? 'K8SUP_UPSTREAM_DIR names no folder of release files' : undefined;

/** Why charts cannot be rendered here; undefined where they can. */
export const noCharts: string | undefined = noUpstream ?? (helmIsCached() ? undefined : 'helm is not in the cache');

/** One folder for all tests of a file. */
let made: string | undefined;
afterAll(() => {
  if (made !== undefined) rmSync(made, { recursive: true, force: true });
});

/** Completes the name of a group of tests: empty, or the reason why it is skipped. */
export function because(reason: string | undefined): string {
  return reason === undefined ? '' : ` (skipped: ${reason})`;
}

/** One of upstream's release files. @throws Error when it is not there. */
export function upstreamText(component: string, version: string, file: string): string {
  return readFileSync(join(upstreamFolder(), component, `v${version}`, file), 'utf8');
}

/**
 * What a plugin's objects are made from, with upstream's release files as the user's own folder of artifacts; and, for a chart of which the folder has the
 * tree alone, a package of it, always of the same bytes.
 */
export function upstreamContext(inventory: Inventory, ...charts: readonly UpstreamTree[]): UpstreamContext {
  const files = openArtifacts({ source: 'directory', mirrors: [], directory: upstreamFolder() }, quietly(scratch()));
  const packages = packedCharts(...charts);
  const packed = openArtifacts({ source: 'directory', mirrors: [], directory: packages }, quietly(scratch()));
  const helm = openArtifacts({ source: 'directory', mirrors: [] }, quietly(defaultCacheDir()));
  return {
    inventory,
    signal: new AbortController().signal,
    artifacts: {
      get: (id, signal) => {
        const isPacked = charts.some(({ component }) => component === id.component);
        return (id.component === 'helm' ? helm : isPacked ? packed : files).get(id, signal);
      },
      compressed: () => Promise.reject(new Error('nothing of upstream is sent to hosts')),
    },
  };
}

/** A folder of artifacts with packages of these charts. */
export function packedCharts(...charts: readonly UpstreamTree[]): string {
  const packages = join(scratch(), 'packages');
  for (const chart of charts) packChart(chart, packages);
  return packages;
}

/** Why a chart's tree is not to be had here; undefined where it is. */
export function noChart({ component, version }: UpstreamTree): string | undefined {
  if (noCharts !== undefined) return noCharts;
  const found = existsSync(join(upstreamFolder(), component, `v${version}`, component));
  return found ? undefined : `the chart of ${component} ${version} is not among the release files`;
}

/** A chart whose tree is in the folder of release files. */
export interface UpstreamTree {
  readonly component: string;
  readonly version: string;
}

function packChart({ component, version }: UpstreamTree, packages: string): void {
  const target = join(packages, component, version, 'noarch');
  mkdirSync(target, { recursive: true });
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  const tree = join(upstreamFolder(), component, `v${version}`);
  const tar = execFileSync('tar', [...same, '-cf', '-', '-C', tree, component], { maxBuffer: 1 << 28 });
  const bytes = execFileSync('gzip', ['-n'], { input: tar, maxBuffer: 1 << 28 });
  const file = `${component}.tgz`;
  writeFileSync(join(target, file), bytes);
  writeFileSync(join(target, 'SHA256SUMS'), `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`);
}

function scratch(): string {
  made ??= mkdtempSync(join(tmpdir(), 'k8sup-upstream-'));
  return made;
}

function helmIsCached(): boolean {
  const { component, version, architecture } = helmArtifact();
  return existsSync(join(defaultCacheDir(), component, version, `linux-${architecture}`, 'helm'));
}

function quietly(cacheDir: string) {
  return { progress: () => undefined, cacheDir };
}

function upstreamFolder(): string {
  if (noUpstream !== undefined) throw new Error(noUpstream);
  return resolve(folder ?? '');
}
