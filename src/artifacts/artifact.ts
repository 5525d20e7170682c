/** Architectures the catalog knows, in Go's words. */
export type Architecture = 'amd64' | 'arm64';
export const architectures: readonly Architecture[] = ['amd64', 'arm64'];

/** What a file is made for: Linux on an architecture, a controller that is a Mac, or anything, as manifests and charts are. */
export type Platform = Architecture | 'darwin-amd64' | 'darwin-arm64' | 'noarch';

/** One file of one component; `version` is without a leading `v`. */
export interface ArtifactId {
  readonly component: string;
  readonly version: string;
  readonly architecture: Platform;
  /** For example `kubelet`. */
  readonly file: string;
  /**
   * What the file must hash to, said by the user: for a manifest or chart of a version that the catalogue does not know. It stands over what the
   * catalogue says.
   */
  readonly sha256?: string;
}

/** A checked file on the controller. */
export interface LocalArtifact {
  readonly id: ArtifactId;
  /** Absolute path on the controller. */
  readonly path: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Which source gave it, for example `go-modules`, or `cache (go-modules)` when an earlier run brought it. */
  readonly source: string;
}

/** A compressed copy, in the shape that an upload needs. */
export interface CompressedArtifact {
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Is gzip when zstd was asked for and the controller has no `zstd` program. */
  readonly compression: 'zstd' | 'gzip';
}

/** Gives artifacts; safe for concurrent calls: one download or build for a component, however many of its files are wanted. */
export interface Artifacts {
  /**
   * @throws K8supError `ARTIFACT_UNAVAILABLE` with each source's reason, `ARTIFACT_ARCHITECTURE`, `ARTIFACT_CHECKSUM`, `ARTIFACT_UNKNOWN`,
   * `ARTIFACT_LOCKED`; the signal's reason when it was aborted.
   */
  get(id: ArtifactId, signal: AbortSignal): Promise<LocalArtifact>;
  /** Compressed once and kept in the cache. */
  compressed(artifact: LocalArtifact, how: 'zstd' | 'gzip', signal: AbortSignal): Promise<CompressedArtifact>;
}

export { openArtifacts } from './open-artifacts.ts';
