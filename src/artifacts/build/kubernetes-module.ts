import { minorOf } from '../catalog/model.ts';
import type { BuildContext } from './go-module.ts';
import { downloadModule, go, writeGoMod } from './go-module.ts';
import { addOpenapi } from './openapi.ts';

/** What `go mod edit -json` prints, as far as it is used. */
export interface GoModFile {
  readonly Require?: readonly { readonly Path: string; readonly Version: string }[] | null;
  readonly Replace?:
    | readonly {
        readonly Old: { readonly Path: string };
        readonly New: { readonly Path: string; readonly Version?: string };
      }[]
    | null;
}

/**
 * The least versions that today's Go compiles; Kubernetes' own are taken where they are newer. Needed by 1.20 with Go 1.26; the same modules are
 * what stops other old releases.
 */
const floors: Readonly<Record<string, string>> = {
  'golang.org/x/sys': 'v0.30.0',
  'golang.org/x/net': 'v0.35.0',
  'golang.org/x/tools': 'v0.30.0',
  'golang.org/x/crypto': 'v0.33.0',
  'golang.org/x/text': 'v0.22.0',
  'golang.org/x/term': 'v0.29.0',
  'golang.org/x/sync': 'v0.11.0',
  'golang.org/x/mod': 'v0.23.0',
  'github.com/modern-go/reflect2': 'v1.0.2',
};

/**
 * Writes a module that builds Kubernetes' commands: its go.mod points at `./staging`, which the published module does not hold, so these modules
 * are named by the versions they are published under.
 */
export async function kubernetesModule(context: BuildContext): Promise<void> {
  const module = `k8s.io/kubernetes@v${context.version}`;
  await writeGoMod(context, []);
  const { dir, goMod } = await downloadModule(context, module);
  const parsed = JSON.parse(await go(context, ['mod', 'edit', '-json', goMod])) as GoModFile;
  const lines = kubernetesGoMod(context.version, parsed);
  // From 1.24 the generated file is part of the published module.
  if (minorOf(context.version) > 23) return await writeGoMod(context, lines);
  await writeGoMod(context, [...lines, 'replace k8s.io/kubernetes => ./src']);
  await addOpenapi(context, dir, stagingOf(parsed));
}

/** The `require` and `replace` lines for a release whose own go.mod is `parsed`. */
export function kubernetesGoMod(version: string, parsed: GoModFile): string[] {
  const staging = new Set(stagingOf(parsed));
  const published = version.replace(/^1\./, 'v0.');
  const requires = (parsed.Require ?? []).map(
    ({ Path, Version }) => `require ${Path} ${staging.has(Path) ? published : Version}`,
  );
  const replaces = new Map<string, string>();
  for (const { Path, Version } of parsed.Require ?? []) raise(replaces, Path, { path: Path, version: Version });
  for (const { Old, New } of parsed.Replace ?? []) {
    const target = { path: New.Path, version: New.Version ?? '' };
    if (staging.has(Old.Path)) replaces.set(Old.Path, `${Old.Path} ${published}`);
    else if (!raise(replaces, Old.Path, target)) replaces.set(Old.Path, `${target.path} ${target.version}`.trim());
  }
  return [
    `require k8s.io/kubernetes v${version}`,
    ...requires,
    ...[...replaces].map(([path, target]) => `replace ${path} => ${target}`),
  ];
}

/** Modules that are kept in Kubernetes' own repository. */
function stagingOf(parsed: GoModFile): string[] {
  return (parsed.Replace ?? []).filter(({ New }) => New.Path.startsWith('./staging/')).map(({ Old }) => Old.Path);
}

function raise(replaces: Map<string, string>, path: string, target: { path: string; version: string }): boolean {
  const floor = floors[path];
  if (floor === undefined || !isOlder(target.version, floor)) return false;
  replaces.set(path, `${path} ${floor}`);
  return true;
}

function isOlder(version: string, floor: string): boolean {
  const [a = [], b = []] = [version, floor].map((text) => /^v(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number));
  const difference = b.map((number, index) => number - (a[index] ?? 0)).find((step) => step !== 0);
  return (difference ?? 0) > 0;
}
