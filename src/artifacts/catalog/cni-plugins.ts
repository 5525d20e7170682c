import type { CatalogEntry, ReleaseFile } from './model.ts';
import { githubRelease, minorOf } from './model.ts';

const packages = {
  main: ['bridge', 'loopback', 'macvlan', 'ptp', 'ipvlan', 'host-device', 'vlan', 'dummy', 'tap'],
  ipam: ['host-local', 'static', 'dhcp'],
  meta: ['portmap', 'bandwidth', 'firewall', 'tuning', 'vrf', 'sbr'],
};
/** Plugins that versions before 1.3 lack, one or both. */
const newer = ['dummy', 'tap'];
const all = Object.values(packages).flat();
const module = 'github.com/containernetworking/plugins';

export const cniPlugins: CatalogEntry = {
  component: 'cni-plugins',
  files: all.filter((file) => !newer.includes(file)),
  optional: newer,
  release: (version, architecture) => pluginsRelease(version, architecture, all),
  goRecipe: (version) => ({
    module: 'plain',
    requires: [[module, `v${version}`]],
    packages: Object.entries(packages).flatMap(([kind, names]) =>
      names
        .filter((name) => minorOf(version) >= 3 || !newer.includes(name))
        .map((name) => `${module}/plugins/${kind}/${name}`),
    ),
    cgo: false,
    ldflags: [`-X ${module}/pkg/utils/buildversion.BuildVersion=v${version}`],
    needs: [],
    coldSeconds: 11,
  }),
};

/**
 * flannel's CNI plugin. Up to 0.9.1 it is one of the CNI plugins, with their version and in their archive; from 1.0 it has a repository of its
 * own, whose versions look like `1.7.1-flannel1`. So a version names the same program whatever the source.
 */
export const cniPluginFlannel: CatalogEntry = {
  component: 'cni-plugin-flannel',
  files: ['flannel'],
  release(version, architecture) {
    if (isOfPlugins(version)) return pluginsRelease(version, architecture, ['flannel']);
    const upstream = version.replace(/-flannel\d+$/, '');
    const url = `${githubRelease('flannel-io/cni-plugin', `v${version}`)}/cni-plugin-flannel-linux-${architecture}-v${upstream}.tgz`;
    return [
      {
        url,
        checksum: { kind: 'text', url: `${url}.sha256` },
        content: { members: { flannel: `flannel-${architecture}` } },
      },
    ];
  },
  goRecipe(version) {
    if (!isOfPlugins(version)) return undefined;
    return {
      module: 'plain',
      requires: [[module, `v${version}`]],
      packages: [`${module}/plugins/meta/flannel`],
      cgo: false,
      ldflags: [],
      needs: [],
      coldSeconds: 6,
    };
  },
  notBuilt:
    'from 1.0 its repository is not offered as a Go module that builds; 0.9.1 is, and works with current flannel',
};

function pluginsRelease(version: string, architecture: string, names: readonly string[]): readonly ReleaseFile[] {
  const url = `${githubRelease('containernetworking/plugins', `v${version}`)}/cni-plugins-linux-${architecture}-v${version}.tgz`;
  const members = Object.fromEntries(names.map((name) => [name, name]));
  return [{ url, checksum: { kind: 'text', url: `${url}.sha256` }, content: { members } }];
}

function isOfPlugins(version: string): boolean {
  return version.startsWith('0.');
}
