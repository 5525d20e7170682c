import { K8supError } from '../errors/k8sup-error.ts';
import type { ComponentRequest, Unavailable } from './source.ts';
import { layoutOf, titleOf } from './source.ts';

/** What each source said. */
export interface Refusal extends Unavailable {
  readonly source: string;
}

/** No source has the component: each one's reason in one error. */
export function unavailableError(request: ComponentRequest, refusals: readonly Refusal[]): K8supError {
  const wrongArchitecture = refusals.some((refusal) => refusal.otherArchitecture === true);
  const title =
    request.architecture === 'noarch' && request.file !== undefined
      ? `${request.file} of ${titleOf(request)}`
      : titleOf(request);
  const platform = request.architecture === 'noarch' ? '' : ` for ${request.architecture}`;
  const why = refusals.map((refusal) => `${refusal.source}: ${refusal.unavailable}`).join('\n');
  return new K8supError({
    code: wrongArchitecture ? 'ARTIFACT_ARCHITECTURE' : 'ARTIFACT_UNAVAILABLE',
    kind: 'artifact',
    what: wrongArchitecture ? `${title} is not to be had${platform}` : `no source has ${title}${platform}`,
    why,
    fix: `Open the way to one of these sources, name a mirror in artifacts.mirrors, or put the files into artifacts.directory as ${layoutOf(request)}/ with a SHA256SUMS.`,
  });
}

/** A machine that no artifact is made for. */
export function architectureError(machine: string): K8supError {
  return new K8supError({
    code: 'ARTIFACT_ARCHITECTURE',
    kind: 'artifact',
    what: `there are no artifacts for the architecture ${machine}`,
    why: 'k8sup installs on amd64 (x86_64) and arm64 (aarch64) only',
    fix: 'use a machine of one of these architectures in its place',
  });
}

export interface Mismatch {
  /** Path or URL. */
  readonly file: string;
  readonly expected: string;
  readonly got: string;
  readonly fix: string;
}

/** Bytes that are not what was published or recorded. */
export function checksumError(mismatch: Mismatch): K8supError {
  return new K8supError({
    code: 'ARTIFACT_CHECKSUM',
    kind: 'artifact',
    what: `${mismatch.file} has a wrong sha256`,
    why: `expected ${mismatch.expected}\ngot      ${mismatch.got}`,
    fix: mismatch.fix,
  });
}

/** Something that the catalog does not know. */
export function unknownError(what: string, known: readonly string[]): K8supError {
  return new K8supError({
    code: 'ARTIFACT_UNKNOWN',
    kind: 'artifact',
    what,
    why: `known: ${known.join(', ')}`,
    fix: 'name one that is known, or use a release of k8sup that knows it',
  });
}
