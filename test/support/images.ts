import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';

/** Folder of image tarballs, of which tests with images from upstream load what they need. */
const folder = process.env['K8SUP_IMAGES_DIR'];

/** Tarballs that together hold these images, or those that none has. */
export function tarballsOf(images: readonly string[]): {
  readonly files: readonly string[];
  readonly missing: readonly string[];
} {
  const tarballs =
    folder === undefined || !existsSync(folder) ? [] : readdirSync(folder).filter((name) => name.endsWith('.tar'));
  const held = new Map(
    tarballs.flatMap((name) => tagsOf(join(folder ?? '', name)).map((tag) => [tag, join(folder ?? '', name)] as const)),
  );
  const files = images.flatMap((image) => held.get(image) ?? []);
  return { files: [...new Set(files)], missing: images.filter((image) => !held.has(image)) };
}

/** Completes the name of a group of tests: empty, or which images are missing. */
export function becauseOf(missing: readonly string[]): string {
  return missing.length === 0 ? '' : ` (skipped: no tarball in K8SUP_IMAGES_DIR holds ${missing.join(', ')})`;
}

function tagsOf(path: string): readonly string[] {
  const { exitCode, stdout } = execaSync('tar', ['-xOf', path, 'manifest.json'], { reject: false });
  if (exitCode !== 0) return [];
  const entries = JSON.parse(stdout) as readonly { readonly RepoTags?: readonly string[] | null }[];
  return entries.flatMap(({ RepoTags }) => RepoTags ?? []);
}
