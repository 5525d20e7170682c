import { arch } from 'node:os';
import type { Platform } from '../artifact.ts';
import type { BuildNeed, GoRecipe } from '../catalog/model.ts';
import { hasProgram, runProgram } from '../program.ts';
import { folderOf } from '../source.ts';
import type { Unavailable } from '../source.ts';

/** The Go that builds. */
export interface Toolchain {
  /** For example `1.26` and `8`, of `go1.26.8`. */
  readonly language: string;
  readonly version: string;
  /** Environment of every go command. */
  readonly env: Readonly<Record<string, string>>;
}

const needs: Readonly<Record<BuildNeed, { program: string; args: readonly string[]; missing: string }>> = {
  gcc: {
    program: 'gcc',
    args: ['--version'],
    missing: 'it needs a C compiler and there is no gcc (Debian: gcc, libc6-dev)',
  },
  libseccomp: {
    program: 'pkg-config',
    args: ['--exists', 'libseccomp'],
    missing: "it needs libseccomp's headers and pkg-config, and one is missing (Debian: libseccomp-dev, pkg-config)",
  },
};

/** Looks for everything a recipe needs of the controller. */
export async function findToolchain(
  recipe: GoRecipe,
  platform: Platform,
  signal: AbortSignal,
): Promise<Toolchain | Unavailable> {
  const result = await runProgram('go', ['env', 'GOVERSION'], {
    signal,
    timeoutMs: 60_000,
    env: { GOTOOLCHAIN: 'local' },
  });
  if (!result.ok) return { unavailable: `no Go toolchain answers (${result.reason.split('\n')[0] ?? ''})` };
  const version = result.stdout.trim();
  const language = /^go(1\.(\d+))/.exec(version);
  if (language?.[1] === undefined || Number(language[2]) < 21)
    return { unavailable: `${version} is too old; 1.21 is the least` };
  if (recipe.cgo && platform !== hostArchitecture()) {
    return {
      unavailable: `it holds C code, which is not built for ${platform} on this machine`,
      otherArchitecture: true,
    };
  }
  for (const need of recipe.needs) {
    const { program, args, missing } = needs[need];
    if (!(await hasProgram(program, args, signal))) return { unavailable: missing };
  }
  return { language: language[1], version, env: environment(recipe, platform) };
}

function environment(recipe: GoRecipe, platform: Platform): Record<string, string> {
  const [os = 'linux', architecture = platform] = folderOf(platform).split('-');
  return {
    GOOS: os,
    GOARCH: architecture,
    CGO_ENABLED: recipe.cgo ? '1' : '0',
    // A collection less often: the compiler is faster and memory is not short.
    GOGC: process.env['GOGC'] ?? '800',
    GOFLAGS: '-buildvcs=false',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  };
}

function hostArchitecture(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}
