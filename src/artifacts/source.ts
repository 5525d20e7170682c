import type { ArtifactId, Platform } from './artifact.ts';

/** All files of one component for one platform, or, of one whose files are of use each by itself, one of them. */
export type ComponentRequest = Omit<ArtifactId, 'file'> & Partial<Pick<ArtifactId, 'file'>>;

/** Where a component's files lie, and what each must hash to. */
export interface ComponentFiles {
  /** Name of the source that gave the bytes first. */
  readonly source: string;
  readonly directory: string;
  /** File name to sha256. */
  readonly sums: ReadonlyMap<string, string>;
}

/** Why a source cannot give a component. */
export interface Unavailable {
  readonly unavailable: string;
  /** True when the source has this version, only not for this architecture. */
  readonly otherArchitecture?: boolean;
}

/** Finds a component's files where they already lie. */
export interface Store {
  readonly name: string;
  find(request: ComponentRequest): Promise<ComponentFiles | Unavailable>;
}

/** Where a source may write. */
export interface Workspace {
  /** Empty folder that takes the finished files. */
  readonly files: string;
  /** Empty folder for anything else, removed afterwards. */
  readonly scratch: string;
  /** Folder that outlives a failed run, for downloads that go on later. */
  readonly downloads: string;
}

/** Brings a component's files to the controller. */
export interface Source {
  readonly name: string;
  /**
   * Fills `workspace.files`. A failure that another source could make good is an answer, not an error.
   *
   * @throws K8supError `ARTIFACT_CHECKSUM`: bytes that are not what was published are never passed over; the signal's reason when aborted.
   */
  find(
    request: ComponentRequest,
    workspace: Workspace,
    signal: AbortSignal,
  ): Promise<Unavailable | { readonly from: string }>;
}

/** For example `kubernetes 1.36.3`. */
export function titleOf(request: ComponentRequest): string {
  return `${request.component} ${request.version}`;
}

/** The place of a component below a root, in the layout that caches, bundles and air-gapped folders share. */
export function layoutOf(request: ComponentRequest): string {
  return `${request.component}/${request.version}/${folderOf(request.architecture)}`;
}

/** The folder of a platform in that layout. */
export function folderOf(platform: Platform): string {
  return platform === 'noarch' || platform.includes('-') ? platform : `linux-${platform}`;
}

/** One path-safe word for a component. */
export function keyOf(request: ComponentRequest): string {
  return `${request.component}-${request.version}-${request.architecture}`;
}
