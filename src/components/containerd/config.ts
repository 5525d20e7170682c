import type { Facts } from '../../host/facts/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { cgroupDriver } from '../cgroup-driver.ts';
import type { ComponentFile } from '../component.ts';
import { withExtraConfig } from '../extras.ts';
import { binaries, paths, sockets } from '../paths.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { imageRegistry } from '../registry-credentials.ts';
import type { RegistryPasswords } from '../registry-credentials.ts';
import { registryHostsDir } from './registry-hosts.ts';
import { tomlText } from './toml.ts';

type Table = Readonly<Record<string, unknown>>;

/** config.toml: version 3 for containerd 2, version 2 before. It holds a secret only where the sandbox image's registry asks for one. */
export function containerdConfig(
  inventory: Inventory,
  host: Host,
  facts: Facts,
  passwords: RegistryPasswords,
): ComponentFile {
  const { network, versions, runtime } = inventory.cluster;
  const auth = sandboxRegistryAuth(inventory, passwords);
  const runc = runcTable(cgroupDriver(runtime, facts) === 'systemd');
  // Its own limit is one configuration, so one interface.
  const cni = network.secondInterface === undefined ? {} : { max_conf_num: 2 };
  const plugins = isAtLeast(versions.containerd, 2, 0)
    ? pluginsOfVersion3(runtime.sandboxImage, { runc, cni, auth })
    : pluginsOfVersion2(runtime.sandboxImage, { runc, cni, auth });
  const defaults = {
    version: isAtLeast(versions.containerd, 2, 0) ? 3 : 2,
    root: runtime.dataRoot,
    state: '/run/containerd',
    grpc: { address: sockets.containerd },
    plugins: {
      ...plugins,
      // The default, /opt/containerd, would be made at each start.
      'io.containerd.internal.v1.opt': { path: `${runtime.dataRoot}/opt` },
    },
  };
  const secret = Object.keys(auth).length > 0;
  return {
    path: `${paths.containerdConf}/config.toml`,
    mode: secret ? 0o600 : 0o644,
    content: tomlText(withExtraConfig(defaults, host, 'containerd')),
    ...(secret ? { secret } : {}),
  };
}

interface Parts {
  readonly runc: Table;
  readonly cni: Table;
  readonly auth: Table;
}

function pluginsOfVersion3(sandbox: string, { runc, cni, auth }: Parts): Table {
  return {
    'io.containerd.cri.v1.images': {
      pinned_images: { sandbox },
      registry: { config_path: registryHostsDir, ...auth },
    },
    'io.containerd.cri.v1.runtime': {
      containerd: { default_runtime_name: 'runc', runtimes: { runc } },
      cni: { conf_dir: paths.cniConf, ...cni },
    },
  };
}

function pluginsOfVersion2(sandbox: string, { runc, cni, auth }: Parts): Table {
  return {
    'io.containerd.grpc.v1.cri': {
      sandbox_image: sandbox,
      containerd: { default_runtime_name: 'runc', runtimes: { runc } },
      cni: { bin_dir: paths.cniBin, conf_dir: paths.cniConf, ...cni },
      registry: { config_path: registryHostsDir, ...auth },
    },
  };
}

function runcTable(systemdCgroup: boolean): Table {
  return {
    runtime_type: 'io.containerd.runc.v2',
    options: { BinaryName: binaries.runc, SystemdCgroup: systemdCgroup },
  };
}

/**
 * All other images are pulled with the kubelet's credentials; the sandbox image is containerd's own affair. containerd 2.3 takes no
 * credentials from its configuration any more.
 */
function sandboxRegistryAuth(inventory: Inventory, passwords: RegistryPasswords): Table {
  const { runtime, versions } = inventory.cluster;
  const registry = imageRegistry(runtime.sandboxImage);
  const credential = runtime.credentials.find((entry) => entry.registry === registry);
  const password = passwords.get(registry);
  if (credential === undefined || password === undefined || isAtLeast(versions.containerd, 2, 3)) return {};
  return { configs: { [registry]: { auth: { username: credential.username, password } } } };
}
