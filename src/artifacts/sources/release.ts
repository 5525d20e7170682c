import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pMap from 'p-map';
import { messageOf } from '../../errors/k8sup-error.ts';
import { catalogEntry } from '../catalog/catalog.ts';
import type { PublishedChecksum, ReleaseFile } from '../catalog/model.ts';
import { chartDigest } from '../chart-index.ts';
import { publishedSum } from '../checksums.ts';
import { download } from '../download.ts';
import type { Network } from '../network.ts';
import { RequestError, readText } from '../network.ts';
import { runProgram } from '../program.ts';
import type { ComponentRequest, Unavailable, Workspace } from '../source.ts';
import { titleOf } from '../source.ts';
import { takeFile } from '../take-file.ts';

/** Bytes; those of projects with many releases have some millions. */
const largestIndex = 32 << 20;
const giveSum = 'say its sha256 in the inventory, beside the version';

/** How a source of release files differs from the official one. */
export interface ReleaseAccess {
  readonly network: Network;
  readonly progress: (text: string) => void;
  /** Where a file with this official URL is to be got. */
  readonly urlOf: (official: string) => string;
  /** Changes where a checksum comes from, for servers that do not have the publisher's. */
  readonly checksumOf: (file: ReleaseFile) => PublishedChecksum;
}

/** The official files of a component, or why there are none. */
export function releaseFiles(request: ComponentRequest): readonly ReleaseFile[] | Unavailable {
  const entry = catalogEntry(request.component);
  const files = entry.release(request.version, request.architecture);
  if (files === undefined) return { unavailable: `${titleOf(request)} was never published` };
  if (entry.apart !== true) return files;
  const { sha256 } = request;
  return files
    .filter(({ content }) => 'file' in content && content.file === request.file)
    .map((file) => (sha256 === undefined ? file : { ...file, checksum: { kind: 'pinned', sha256 } }));
}

/**
 * Downloads, checks and unpacks all release files of a component.
 *
 * @throws K8supError `ARTIFACT_CHECKSUM`; the signal's reason when aborted.
 */
export async function fetchRelease(
  request: ComponentRequest,
  workspace: Workspace,
  access: ReleaseAccess,
  signal: AbortSignal,
): Promise<Unavailable | { from: string }> {
  const files = releaseFiles(request);
  if ('unavailable' in files) return files;
  access.progress(`downloading ${titleOf(request)} from ${new URL(access.urlOf(files[0]?.url ?? 'about:blank')).host}`);
  try {
    await pMap(files, async (file) => fetchFile(file, workspace, access, signal), { concurrency: 3, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RequestError)) throw error;
    return { unavailable: messageOf(error) };
  }
  return { from: files.map((file) => access.urlOf(file.url)).join(' ') };
}

async function fetchFile(
  file: ReleaseFile,
  workspace: Workspace,
  access: ReleaseAccess,
  signal: AbortSignal,
): Promise<void> {
  const name = basename(new URL(file.url).pathname);
  const sha256 = await expectedSum(file, name, access, signal);
  const target = join(workspace.downloads, name);
  await download(access.network, { url: access.urlOf(file.url), target, sha256, signal });
  if ('file' in file.content) {
    await takeFile([target], join(workspace.files, file.content.file));
    return;
  }
  const unpacked = join(workspace.scratch, `unpacked-${name}`);
  await mkdir(unpacked);
  const result = await runProgram('tar', ['-xf', target, '-C', unpacked, '--no-same-owner'], {
    signal,
    timeoutMs: 300_000,
  });
  if (!result.ok) throw new RequestError(`tar could not unpack ${name}: ${result.reason}`, false);
  // Members that are missing show when the component's files are counted.
  for (const [program, path] of Object.entries(file.content.members)) {
    await takeFile([join(unpacked, path)], join(workspace.files, program));
  }
}

async function expectedSum(
  file: ReleaseFile,
  name: string,
  access: ReleaseAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  const checksum = access.checksumOf(file);
  if (checksum.kind === 'none') {
    access.progress(`${name}: its publisher gives no checksum; TLS to ${new URL(file.url).host} alone vouches for it`);
    return undefined;
  }
  const sum = await publishedBy(checksum, name, access, signal);
  if (sum === undefined) throw new RequestError(`no sha256 is published for ${name}`, false);
  return sum;
}

async function publishedBy(
  checksum: Exclude<PublishedChecksum, { kind: 'none' }>,
  name: string,
  access: ReleaseAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (checksum.kind) {
    case 'pinned':
      return checksum.sha256;
    case 'text':
      return await textSum(checksum.url, name, access, signal);
    case 'github':
      return await githubSum(checksum, name, access, signal);
    case 'chart-index': {
      const index = await readText(access.network, access.urlOf(checksum.url), signal, largestIndex);
      return chartDigest(index, checksum.chart, checksum.version);
    }
    case 'unknown':
      throw new RequestError(
        `${name}: its publisher gives no sha256 and k8sup knows none of this version; ${giveSum}`,
        false,
      );
  }
}

async function textSum(
  url: string,
  name: string,
  access: ReleaseAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  return publishedSum(await readText(access.network, access.urlOf(url), signal), name);
}

/** GitHub's API answers a release with its assets, each with a `digest` such as `sha256:…` (since June 2025; older ones have null). */
async function githubSum(
  checksum: { repository: string; tag: string },
  name: string,
  access: ReleaseAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  const url = `https://api.github.com/repos/${checksum.repository}/releases/tags/${checksum.tag}`;
  const answer: unknown = JSON.parse(await readText(access.network, access.urlOf(url), signal));
  const assets = field(answer, 'assets');
  const asset: unknown = Array.isArray(assets)
    ? assets.find((candidate) => field(candidate, 'name') === name)
    : undefined;
  const digest = field(asset, 'digest');
  return typeof digest === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
