import type { Facts } from '../../host/facts/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { Claim } from '../../resources/claims.ts';
import type { Component } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import { binaries, paths, sockets } from '../paths.ts';
import { proxyEnvironmentFile } from '../proxy-environment.ts';
import type { RegistryPasswords } from '../registry-credentials.ts';
import { chosen } from '../source.ts';
import { serviceText } from '../service.ts';
import { containerdConfig } from './config.ts';
import { registryHosts } from './registry-hosts.ts';

const unit = 'containerd.service';

/** What containerd and the CNI calls it makes leave on a host by running. */
export function containerdClaims(inventory: Inventory): readonly Claim[] {
  return [
    { kind: 'runtime', name: 'containerd' },
    { kind: 'tree', name: inventory.cluster.runtime.dataRoot },
    { kind: 'path', name: '/run/containerd' },
    { kind: 'path', name: '/run/nri' },
    { kind: 'empty-dir', name: '/run/netns' },
    { kind: 'netns', name: 'cni-' },
  ];
}

/** containerd with k8sup's own runc. Containers outlive a restart; registry settings (certs.d) are no input. */
export function containerd(
  inventory: Inventory,
  host: Host,
  facts: Facts,
  passwords: RegistryPasswords = new Map(),
): Component {
  const { file: config, fields } = containerdConfig(inventory, host, facts, passwords);
  const proxy = proxyEnvironmentFile(inventory, `${paths.containerdConf}/proxy.env`);
  const inputs = [binaries.containerd, config.path, ...(proxy === undefined ? [] : [proxy.path])];
  const { dataRoot } = inventory.cluster.runtime;
  const flags = withExtraArgs(
    { config: chosen(config.path, 'where k8sup writes its configuration') },
    host,
    'containerd',
  );
  return {
    unit,
    text: serviceText({
      unit,
      description: 'containerd container runtime',
      mounts: [dataRoot],
      command: commandLine(binaries.containerd, flags),
      inputs,
      type: 'notify',
      settings: {
        // The shim is found by PATH.
        Environment: { variable: 'PATH', value: `${paths.bin}:${systemPath}` },
        ...(proxy === undefined ? {} : { EnvironmentFile: proxy.path }),
        Delegate: true,
        KillMode: 'process',
        LimitNOFILE: 1048576,
        LimitNPROC: 'infinity',
        LimitCORE: 'infinity',
        TasksMax: 'infinity',
        OOMScoreAdjust: -999,
      },
    }),
    files: [config, ...(proxy === undefined ? [] : [proxy]), ...registryHosts(inventory.cluster.runtime)],
    directories: [
      { path: dataRoot, mode: 0o700 },
      // containerd would make it itself, and clean would then take it for somebody else's.
      { path: paths.cniConf, mode: 0o700, data: false },
    ],
    inputs,
    interrupts:
      'containers keep running; none starts or stops for some seconds, and kubectl exec and attach on these hosts break off',
    // A password is never shown, wherever it stands.
    explanation: { flags, files: config.secret === true ? [] : [{ path: config.path, fields }] },
    health: containerdHealth,
    healthTimeoutSeconds: 60,
  };
}

/** Where a distribution keeps mount, iptables and the like. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** containerd runs on when its CRI plugin refuses the configuration: the plugin is asked, not the process alone. */
const containerdHealth: Sh = sh`(
if k8sup_out=$(${binaries.ctr} --address ${sockets.containerd} --connect-timeout 5s --timeout 10s plugins ls 2>&1); then
  if printf '%s\\n' "$k8sup_out" | awk '$2 == "cri" && $NF == "ok" { found = 1 } END { exit !found }'; then exit 0; fi
  printf 'the CRI plugin is not loaded\\n'
  printf '%s\\n' "$k8sup_out" | awk '$2 == "cri" || $NF == "error"'
  exit 1
fi
printf '%s\\n' "$k8sup_out"
exit 1
)`;
