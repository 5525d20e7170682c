import { jsonText } from '../../components/documents.ts';
import { mergedArgs } from '../../components/extras.ts';
import { paths } from '../../components/paths.ts';
import type { KubeObject } from '../../engine/stage.ts';
import { runsKubelet } from '../../inventory/model.ts';
import type { Inventory } from '../../inventory/model.ts';
import type { Claim } from '../../resources/claims.ts';
import { cniConfigPath } from '../cni.ts';
import { networkConfig } from './net-conf.ts';
import { interfaceFlag } from './reserved.ts';
import { flannelRbac } from './rbac.ts';
import { flannelMasquerades, flannelSettings } from './settings.ts';

const namespace = 'kube-flannel';
const configName = 'kube-flannel-cfg';
const labels = { 'k8s-app': 'flannel' };

/** What its pods write to a host beside what flanneld leaves anyway. */
export const daemonSetClaims: readonly Claim[] = [
  { kind: 'path', name: cniConfigPath },
  { kind: 'path', name: `${paths.cniBin}/flannel` },
];

/** flannel as upstream's manifest of 0.28 has it, with the settings of the inventory; a group of hosts for each choice of an interface. */
export function daemonSetObjects(inventory: Inventory, cniConfig: string): readonly KubeObject[] {
  const data = { 'cni-conf.json': cniConfig, 'net-conf.json': jsonText(networkConfig(inventory)) };
  const account = { kind: 'ServiceAccount', name: 'flannel', namespace };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'flannel', namespace, labels } },
    ...flannelRbac(account),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configName, namespace, labels }, data },
    ...groupsOf(inventory).map((group) => daemonSet(inventory, group, data)),
  ];
}

/** Hosts that start flanneld with the same flags for its interface. */
interface Group {
  readonly suffix: string;
  readonly flags: Readonly<Record<string, string>>;
  /** Undefined: every host. */
  readonly hosts: readonly string[] | undefined;
}

/** Each host's own, as the kubelet was told it. */
const hostAddress = { iface: '$(NODE_IP)', 'public-ip': '$(NODE_IP)' };

function groupsOf(inventory: Inventory): readonly Group[] {
  const { interfaces } = flannelSettings(inventory);
  const groups = new Map<string, { readonly flags: Group['flags']; readonly hosts: readonly string[] }>();
  for (const { name } of inventory.hosts.filter(runsKubelet)) {
    const choice = interfaces[name];
    const flags = choice === undefined ? hostAddress : { [interfaceFlag[choice.by]]: choice.value };
    const key = JSON.stringify(flags);
    groups.set(key, { flags, hosts: [...(groups.get(key)?.hosts ?? []), name] });
  }
  const all = [...groups.values()];
  return all.map(({ flags, hosts }, index) => ({
    suffix: index === 0 ? '' : `-${index + 1}`,
    flags,
    hosts: all.length === 1 ? undefined : hosts,
  }));
}

function daemonSet(inventory: Inventory, group: Group, data: Readonly<Record<string, string>>): KubeObject {
  const selector = { ...labels, 'k8sup/group': `flannel${group.suffix}` };
  const { image, cniPluginImage } = flannelSettings(inventory);
  const mount = (name: string, mountPath: string): object => ({ name, mountPath });
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: `kube-flannel-ds${group.suffix}`, namespace, labels },
    spec: {
      selector: { matchLabels: selector },
      template: {
        // Pods read their configuration at their start alone: with another one they must be others.
        metadata: { labels: selector, annotations: { 'k8sup/config': Object.values(data).join('') } },
        spec: {
          affinity: affinityOf(group),
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          serviceAccountName: 'flannel',
          initContainers: [
            {
              name: 'install-cni-plugin',
              image: cniPluginImage,
              command: ['cp'],
              args: ['-f', '/flannel', `${paths.cniBin}/flannel`],
              volumeMounts: [mount('cni-plugin', paths.cniBin)],
            },
            {
              name: 'install-cni',
              image,
              command: ['cp'],
              args: ['-f', '/etc/kube-flannel/cni-conf.json', cniConfigPath],
              volumeMounts: [mount('cni', paths.cniConf), mount('flannel-cfg', '/etc/kube-flannel/')],
            },
          ],
          containers: [flanneld(inventory, group.flags)],
          volumes: [
            { name: 'run', hostPath: { path: '/run/flannel' } },
            { name: 'cni-plugin', hostPath: { path: paths.cniBin } },
            { name: 'cni', hostPath: { path: paths.cniConf } },
            { name: 'flannel-cfg', configMap: { name: configName } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            ...(usesTun(inventory) ? [{ name: 'tun', hostPath: { path: '/dev/net/tun', type: 'CharDevice' } }] : []),
          ],
        },
      },
    },
  };
}

function usesTun(inventory: Inventory): boolean {
  return flannelSettings(inventory).backend === 'udp';
}

function flanneld(inventory: Inventory, interfaceFlags: Readonly<Record<string, string>>): object {
  const { image, healthPort, extraArgs } = flannelSettings(inventory);
  const own = {
    'kube-subnet-mgr': 'true',
    ...interfaceFlags,
    'ip-masq': String(flannelMasquerades(inventory)),
    'healthz-ip': '127.0.0.1',
    'healthz-port': String(healthPort),
  };
  const flags = Object.entries(mergedArgs(own, extraArgs)).map(([name, value]) => `--${name}=${value}`);
  const field = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return {
    name: 'kube-flannel',
    image,
    command: ['/opt/bin/flanneld'],
    args: flags,
    livenessProbe: { httpGet: { host: '127.0.0.1', path: '/healthz', port: healthPort }, initialDelaySeconds: 30 },
    resources: { requests: { cpu: '100m', memory: '50Mi' } },
    // The program opens the tun device itself, which a container without privileges is not let.
    securityContext: usesTun(inventory)
      ? { privileged: true }
      : { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
    env: [
      field('POD_NAME', 'metadata.name'),
      field('POD_NAMESPACE', 'metadata.namespace'),
      field('NODE_IP', 'status.hostIP'),
      { name: 'EVENT_QUEUE_DEPTH', value: '5000' },
      { name: 'CONT_WHEN_CACHE_NOT_READY', value: 'false' },
    ],
    volumeMounts: [
      { name: 'run', mountPath: '/run/flannel' },
      { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
      { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
      ...(usesTun(inventory) ? [{ name: 'tun', mountPath: '/dev/net/tun' }] : []),
    ],
  };
}

function affinityOf({ hosts }: Group): object {
  const expressions = [
    { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
    ...(hosts === undefined ? [] : [{ key: 'kubernetes.io/hostname', operator: 'In', values: hosts }]),
  ];
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: expressions }] },
    },
  };
}
