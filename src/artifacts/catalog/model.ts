import { isAtLeast } from '../../inventory/releases.ts';
import type { Platform } from '../artifact.ts';

/** How the publisher says what a file must hash to. */
export type PublishedChecksum =
  /** A text beside the file: a sum alone, or a list of them with names. */
  | { readonly kind: 'text'; readonly url: string }
  /** The digest that GitHub records for each asset of a release. */
  | { readonly kind: 'github'; readonly repository: string; readonly tag: string }
  /** The publisher gives none: only TLS to its own host vouches for the bytes. */
  | { readonly kind: 'none' }
  /** The digest of a chart in the index of its repository. */
  | { readonly kind: 'chart-index'; readonly url: string; readonly chart: string; readonly version: string }
  /** Known beforehand: by the catalogue, or from the user. */
  | { readonly kind: 'pinned'; readonly sha256: string }
  /** Nobody has said it, and without it the file is not used: what is in it is applied with all rights. */
  | { readonly kind: 'unknown' };

/** One file as a publisher offers it. */
export interface ReleaseFile {
  readonly url: string;
  readonly checksum: PublishedChecksum;
  /** The program's name where the file is the program itself; else a `members` map of program name to path inside the archive. */
  readonly content: { readonly file: string } | { readonly members: Readonly<Record<string, string>> };
}

/** What a compiled component needs of the controller beside Go. */
export type BuildNeed = 'gcc' | 'libseccomp';

/** How a component is built from published Go modules. */
export interface GoRecipe {
  /** How the module that is built from is written. */
  readonly module: 'plain' | 'kubernetes' | 'coredns';
  /** Module path and version, as in a `require` line. */
  readonly requires: readonly (readonly [path: string, version: string])[];
  readonly packages: readonly string[];
  /** The names Go gives the programs, where they are not those of the catalog. */
  readonly renames?: Readonly<Record<string, string>>;
  readonly cgo: boolean;
  readonly tags?: string;
  readonly ldflags: readonly string[];
  /** True for sources older than the linker's check of `go:linkname` (Go 1.23). */
  readonly oldLinkname?: boolean;
  readonly needs: readonly BuildNeed[];
  /** About how long it takes with empty caches on two cores. */
  readonly coldSeconds: number;
}

/** Debian's packages that hold the same programs, for a controller that is a Debian. */
export interface DebianRecipe {
  readonly packages: readonly string[];
  /** The package whose version counts. */
  readonly versionOf: string;
  /** Program name to candidate paths inside the packages; the first that is there is taken. */
  readonly files: Readonly<Record<string, readonly string[]>>;
}

/** One component: its files, and how each source gets them. */
export interface CatalogEntry {
  readonly component: string;
  /** Files that every version has, but for those of {@link CatalogEntry.since}. */
  readonly files: readonly string[];
  /** First major and minor version that has a program, where not all have it. */
  readonly since?: Readonly<Record<string, readonly [major: number, minor: number]>>;
  /** Programs that are taken along where a source has them. */
  readonly optional?: readonly string[];
  /** What it is to be had for; the architectures of hosts where this says nothing. */
  readonly platforms?: readonly Platform[];
  /** True where each file is of use without the others, and so is brought by itself. */
  readonly apart?: boolean;
  /** Version and file to sha256, where that is known beforehand. */
  readonly pinned?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Official release files, or undefined where this version was never published; asked for {@link CatalogEntry.platforms} alone. */
  release(version: string, platform: Platform): readonly ReleaseFile[] | undefined;
  /** Undefined: cannot be built from modules of the Go proxy; the reason is in {@link CatalogEntry.notBuilt}. */
  goRecipe?(version: string): GoRecipe | undefined;
  readonly notBuilt?: string;
  readonly debian?: DebianRecipe;
}

/** The programs that a version of a component has. */
export function filesOf({ files, since = {} }: CatalogEntry, version: string): readonly string[] {
  return files.filter((file) => {
    const [major, minor] = since[file] ?? [0, 0];
    return isAtLeast(version, major, minor);
  });
}

/** Second number of a version: 36 of `1.36.3`. */
export function minorOf(version: string): number {
  return Number(/^\d+\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
}

/** Base of GitHub's release downloads. */
export function githubRelease(repository: string, tag: string): string {
  return `https://github.com/${repository}/releases/download/${tag}`;
}
