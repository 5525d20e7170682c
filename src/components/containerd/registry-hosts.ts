import type { RuntimeSettings } from '../../inventory/model.ts';
import type { ComponentFile } from '../component.ts';
import { paths } from '../paths.ts';
import { tomlText } from './toml.ts';

/** Folder of the per-registry settings; containerd reads them at each pull, so that a change needs no restart. */
export const registryHostsDir = `${paths.containerdConf}/certs.d`;

/**
 * One hosts.toml for each registry with mirrors or without a trusted certificate. Mirrors are tried in order, then the registry itself. An
 * insecure registry is tried by TLS without verification, then by plain HTTP, as Docker does.
 */
export function registryHosts(runtime: RuntimeSettings): readonly ComponentFile[] {
  const insecure = new Set(runtime.insecureRegistries);
  const registries = [...new Set([...Object.keys(runtime.registryMirrors), ...insecure])];
  return registries.map((registry) => ({
    path: `${registryHostsDir}/${registry}/hosts.toml`,
    mode: 0o644,
    content: hostsText(registry, runtime.registryMirrors[registry] ?? [], insecure),
  }));
}

function hostsText(registry: string, mirrors: readonly string[], insecure: ReadonlySet<string>): string {
  const hosts = mirrors.map((mirror): [string, object] => [mirror, hostTable(new URL(mirror), insecure)]);
  if (insecure.has(registry)) {
    const url = new URL(`https://${registry}`);
    hosts.push([`https://${registry}`, hostTable(url, insecure)]);
  }
  return tomlText({ server: serverUrl(registry, insecure), host: Object.fromEntries(hosts) });
}

function hostTable(url: URL, insecure: ReadonlySet<string>): object {
  return {
    capabilities: ['pull', 'resolve'],
    ...(url.protocol === 'https:' && insecure.has(url.host) ? { skip_verify: true } : {}),
    // Such a path is the whole API root; containerd would add /v2 to it once more.
    ...(/^\/v2(\/|$)/.test(url.pathname) ? { override_path: true } : {}),
  };
}

function serverUrl(registry: string, insecure: ReadonlySet<string>): string {
  if (insecure.has(registry)) return `http://${registry}`;
  return registry === 'docker.io' ? 'https://registry-1.docker.io' : `https://${registry}`;
}
