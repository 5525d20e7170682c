import { stat } from 'node:fs/promises';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Architecture, LocalArtifact } from './artifact.ts';
import { sha256File } from './file-hash.ts';
import { runProgram } from './program.ts';

/** An image tarball on the controller, and the names in it. */
export interface ImageArchive {
  readonly names: readonly string[];
  readonly artifact: LocalArtifact;
}

const described = new Map<string, Promise<ImageArchive>>();

/**
 * Reads which images a tarball holds; done once for each file and run.
 *
 * @param path - absolute path of a docker-archive, or of an OCI archive that has docker's `manifest.json` too (as `docker save` writes).
 * @throws K8supError `IMAGE_ARCHIVE` when it is none, or names no image.
 */
export function describeImageArchive(
  path: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<ImageArchive> {
  const known = described.get(path) ?? describe(path, architecture, signal);
  described.set(path, known);
  return known;
}

async function describe(path: string, architecture: Architecture, signal: AbortSignal): Promise<ImageArchive> {
  const manifest = await runProgram('tar', ['-xOf', path, 'manifest.json'], { signal, timeoutMs: 60_000 });
  if (!manifest.ok) throw archiveError(path, manifest.reason);
  const names = namesOf(path, manifest.stdout);
  const [sha256, { size }] = await Promise.all([sha256File(path, signal), stat(path)]);
  const id = { component: 'image', version: sha256.slice(0, 12), architecture, file: names[0] ?? path };
  return { names, artifact: { id, path, sha256, size, source: 'file' } };
}

function namesOf(path: string, text: string): readonly string[] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw archiveError(path, messageOf(error));
  }
  const entries: readonly unknown[] = Array.isArray(manifest) ? manifest : [];
  const names = entries.flatMap((entry) => {
    const tags = typeof entry === 'object' && entry !== null && 'RepoTags' in entry ? entry.RepoTags : undefined;
    return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
  });
  if (names.length === 0) throw archiveError(path, 'it names no image');
  return names;
}

function archiveError(path: string, why: string): K8supError {
  return new K8supError({
    code: 'IMAGE_ARCHIVE',
    kind: 'artifact',
    what: `${path} is no image tarball that k8sup can load`,
    why,
    fix: 'make it with  docker save NAME -o FILE  (or  ctr images export), and name it in runtime.images',
  });
}
