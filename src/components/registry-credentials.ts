import type { Inventory } from '../inventory/model.ts';
import type { ComponentFile } from './component.ts';
import { jsonText } from './documents.ts';

/** Passwords by registry, as read on the controller from the inventory's password files. */
export type RegistryPasswords = ReadonlyMap<string, string>;

/**
 * The kubelet's own registry credentials (`config.json` in its root directory, Docker's format): used for each pull with either runtime,
 * and read again without a restart. Undefined where the inventory has none.
 */
export function registryCredentialsFile(inventory: Inventory, passwords: RegistryPasswords): ComponentFile | undefined {
  const { credentials } = inventory.cluster.runtime;
  if (credentials.length === 0) return undefined;
  const auths = credentials.map(({ registry, username }): [string, object] => {
    const password = passwords.get(registry);
    if (password === undefined) throw new Error(`the password for ${registry} was not read`);
    return [configKey(registry), { auth: Buffer.from(`${username}:${password}`).toString('base64') }];
  });
  return {
    path: `${inventory.cluster.kubelet.rootDir}/config.json`,
    mode: 0o600,
    content: jsonText({ auths: Object.fromEntries(auths) }),
    secret: true,
  };
}

/** The registry of an image name: `docker.io` unless the first part looks like a host. */
export function imageRegistry(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

/** Docker Hub has a key of its own since Docker's first registry. */
function configKey(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}
