import type { Draft, Report } from '../findings.ts';
import { isRecord } from '../path.ts';
import type { Path } from '../path.ts';
import { combinationOf } from '../resolve-cluster.ts';

/** Docker's registry-mirrors are for docker.io alone. */
export function checkMirrors(draft: Draft, report: Report): void {
  if (combinationOf(draft.cluster).runtime !== 'docker') return;
  const others = Object.keys(draft.cluster.runtime?.registryMirrors ?? {}).filter(
    (registry) => registry !== 'docker.io',
  );
  for (const registry of others) {
    const path = ['cluster', 'runtime', 'registryMirrors', registry];
    const basedOn = [
      ['cluster', 'runtime', 'type'],
      ['cluster', 'kubernetesVersion'],
    ];
    const message = `Docker cannot mirror ${registry}: its mirrors are for docker.io alone`;
    const fix = 'name images of that registry by the mirror, or use containerd';
    report({ code: 'DOCKER_MIRROR_UNSUPPORTED', path, basedOn, atKey: true, message, fix });
  }
}

/** What config.toml cannot hold: TOML has no null, and within a list there is no default that one could take away. */
export function checkToml(config: unknown, place: Path, report: Report): void {
  for (const path of nullsInLists(config, place)) {
    const message = 'TOML has no null, and within a list there is no default that it could take away';
    report({ code: 'TOML_NULL', path, message, fix: 'leave it out' });
  }
}

function nullsInLists(value: unknown, path: Path, inList = false): readonly Path[] {
  if (value === null) return inList ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => nullsInLists(item, [...path, index], true));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => nullsInLists(item, [...path, key], inList));
}
