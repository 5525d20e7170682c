import type { Inventory } from '../inventory/model.ts';
import type { ComponentFile } from './component.ts';

/**
 * The runtime's proxy settings as an EnvironmentFile (systemd.exec(5)); a secret, as a proxy's URL may hold a password. The cluster's own
 * addresses never go through the proxy.
 */
export function proxyEnvironmentFile(inventory: Inventory, path: string): ComponentFile | undefined {
  const { proxy } = inventory.cluster;
  if (proxy === undefined) return undefined;
  const variables = {
    ...(proxy.http === undefined ? {} : { HTTP_PROXY: proxy.http }),
    ...(proxy.https === undefined ? {} : { HTTPS_PROXY: proxy.https }),
    NO_PROXY: proxy.noProxy.join(','),
  };
  const content = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}\n`);
  return { path, mode: 0o600, content: content.join(''), secret: true };
}

function quoted(value: string): string {
  if (/[\r\n]/.test(value)) throw new Error('a proxy setting must be one line');
  return `"${value.replaceAll(/["\\$`]/g, (char) => `\\${char}`)}"`;
}
