import type { Facts } from '../../host/facts/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { cgroupDriver } from '../cgroup-driver.ts';
import type { ComponentFile } from '../component.ts';
import { withExtraConfig } from '../extras.ts';
import type { SourcedConfig } from '../extras.ts';
import { chosen, forRelease, keyed } from '../source.ts';
import type { Tree } from '../source.ts';
import { binaries, paths, sockets } from '../paths.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { imageRegistry } from '../registry-credentials.ts';
import type { RegistryPasswords } from '../registry-credentials.ts';
import { registryHostsDir } from './registry-hosts.ts';
import { tomlText } from './toml.ts';

/** config.toml: version 3 for containerd 2, version 2 before. It holds a secret only where the sandbox image's registry asks for one. */
export function containerdConfig(
  inventory: Inventory,
  host: Host,
  facts: Facts,
  passwords: RegistryPasswords,
): { readonly file: ComponentFile; readonly fields: SourcedConfig['fields'] } {
  const { network, versions, runtime } = inventory.cluster;
  const auth = sandboxRegistryAuth(inventory, passwords);
  const runc = runcTable(cgroupDriver(runtime, facts));
  // Its own limit is one configuration, so one interface.
  const cni =
    network.secondInterface === undefined ? {} : { max_conf_num: keyed(2, 'cluster.network.secondInterface') };
  const plugins = isAtLeast(versions.containerd, 2, 0)
    ? pluginsOfVersion3(runtime.sandboxImage, { runc, cni, auth })
    : pluginsOfVersion2(runtime.sandboxImage, { runc, cni, auth });
  const defaults = {
    version: forRelease(isAtLeast(versions.containerd, 2, 0) ? 3 : 2, 'version 3 of the file from containerd 2.0'),
    root: keyed(runtime.dataRoot, 'cluster.runtime.dataRoot'),
    state: chosen('/run/containerd', 'where programs look for it'),
    grpc: { address: chosen(sockets.containerd, 'where programs look for it') },
    plugins: {
      ...plugins,
      'io.containerd.internal.v1.opt': {
        path: chosen(`${runtime.dataRoot}/opt`, 'the default, /opt/containerd, would be made at each start'),
      },
    },
  };
  const secret = Object.keys(auth).length > 0;
  const { config, fields } = withExtraConfig(defaults, host, 'containerd');
  const file = {
    path: `${paths.containerdConf}/config.toml`,
    mode: secret ? 0o600 : 0o644,
    content: tomlText(config),
    ...(secret ? { secret } : {}),
  };
  return { file, fields };
}

interface Parts {
  readonly runc: Tree;
  readonly cni: Tree;
  readonly auth: Tree;
}

function pluginsOfVersion3(sandbox: string, { runc, cni, auth }: Parts): Tree {
  return {
    'io.containerd.cri.v1.images': {
      pinned_images: { sandbox: keyed(sandbox, 'cluster.runtime.sandboxImage') },
      registry: { config_path: hostsDir, ...auth },
    },
    'io.containerd.cri.v1.runtime': {
      containerd: { default_runtime_name: onlyRunc, runtimes: { runc } },
      cni: { conf_dir: cniConf, ...cni },
    },
  };
}

function pluginsOfVersion2(sandbox: string, { runc, cni, auth }: Parts): Tree {
  return {
    'io.containerd.grpc.v1.cri': {
      sandbox_image: keyed(sandbox, 'cluster.runtime.sandboxImage'),
      containerd: { default_runtime_name: onlyRunc, runtimes: { runc } },
      cni: { bin_dir: chosen(paths.cniBin, 'where CNI has its plugins'), conf_dir: cniConf, ...cni },
      registry: { config_path: hostsDir, ...auth },
    },
  };
}

const onlyRunc = chosen('runc', 'the one runtime that k8sup installs');
const cniConf = chosen(paths.cniConf, 'where CNI has its configuration');
const hostsDir = chosen(registryHostsDir, 'mirrors and registries without TLS are told here, a folder for each');

function runcTable({ value, source }: ReturnType<typeof cgroupDriver>): Tree {
  return {
    runtime_type: chosen('io.containerd.runc.v2', 'the shim of runc'),
    options: {
      BinaryName: chosen(binaries.runc, "k8sup's own runc, not one that the distribution has"),
      SystemdCgroup: { value: value === 'systemd', source },
    },
  };
}

/**
 * All other images are pulled with the kubelet's credentials; the sandbox image is containerd's own affair. containerd 2.3 takes no
 * credentials from its configuration any more.
 */
function sandboxRegistryAuth(inventory: Inventory, passwords: RegistryPasswords): Tree {
  const { runtime, versions } = inventory.cluster;
  const registry = imageRegistry(runtime.sandboxImage);
  const credential = runtime.credentials.find((entry) => entry.registry === registry);
  const password = passwords.get(registry);
  if (credential === undefined || password === undefined || isAtLeast(versions.containerd, 2, 3)) return {};
  return {
    configs: keyed(
      { [registry]: { auth: { username: credential.username, password } } },
      'cluster.runtime.credentials',
    ),
  };
}
