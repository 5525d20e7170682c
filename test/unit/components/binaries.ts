import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A real program, if this machine has it: below K8SUP_BINARIES (`component/version/file`) or in the artifact cache
 * (`component/version/os-arch/file`). Some are built under another name than the one they are installed by.
 */
export function binaryPath(component: string, version: string, ...names: readonly string[]): string | undefined {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'k8sup', 'artifacts');
  const roots = [process.env['K8SUP_BINARIES'], cache].filter((root) => root !== undefined && root !== '');
  const architecture = process.arch === 'arm64' ? 'linux-arm64' : 'linux-amd64';
  const candidates = roots.flatMap((root) =>
    names.flatMap((name) => [
      join(root ?? '', component, version, name),
      join(root ?? '', component, version, architecture, name),
    ]),
  );
  return candidates.find((path) => existsSync(path));
}
