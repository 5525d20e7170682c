import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { execaSync } from 'execa';
import { defaultCacheDir } from '../../src/artifacts/cache.ts';

/** Folders of image tarballs, of which tests with images from upstream load what they need: the user's own, and those beside artifacts. */
const folders = [
  process.env['K8SUP_IMAGES_DIR'] ?? '',
  join(process.env['K8SUP_UPSTREAM_DIR'] ?? '', 'images'),
  join(defaultCacheDir(), 'images'),
].filter((folder) => isAbsolute(folder) && existsSync(folder));

/** Tarballs that together hold these images, or those that none has. */
export function tarballsOf(images: readonly string[]): {
  readonly files: readonly string[];
  readonly missing: readonly string[];
} {
  const tarballs = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.tar'))
      .map((name) => join(folder, name)),
  );
  const held = new Map(tarballs.flatMap((file) => tagsOf(file).map((tag) => [tag, file] as const)));
  const files = images.flatMap((image) => held.get(image) ?? []);
  return { files: [...new Set(files)], missing: images.filter((image) => !held.has(image)) };
}

/** Completes the name of a group of tests: empty, or which images are missing. */
export function becauseOf(missing: readonly string[]): string {
  return missing.length === 0
    ? ''
    : ` (skipped: no tarball among the artifacts or in K8SUP_IMAGES_DIR holds ${missing.join(', ')})`;
}

function tagsOf(path: string): readonly string[] {
  const { exitCode, stdout } = execaSync('tar', ['-xOf', path, 'manifest.json'], { reject: false });
  if (exitCode !== 0) return [];
  const entries = JSON.parse(stdout) as readonly { readonly RepoTags?: readonly string[] | null }[];
  return entries.flatMap(({ RepoTags }) => RepoTags ?? []);
}
