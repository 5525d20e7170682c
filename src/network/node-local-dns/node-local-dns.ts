import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import { additionOf } from '../../inventory/plugin.ts';
import type { Claim } from '../../resources/claims.ts';
import type { NetworkAddition } from '../plugin.ts';
import { nodeLocalDNSDeclaration } from './settings.ts';
import type { NodeLocalDNSSettings } from './settings.ts';

const name = 'node-local-dns';
const namespace = 'kube-system';
const upstreamService = 'kube-dns-upstream';
const labels = { 'k8s-app': name };

/**
 * NodeLocal DNSCache in the shape of Kubernetes' own add-on (cluster/addons/dns/nodelocaldns), with its placeholders filled in. Not beside Cilium, which
 * takes packets before the cache's rules see them.
 */
export const nodeLocalDNS: NetworkAddition<NodeLocalDNSSettings> = {
  ...nodeLocalDNSDeclaration,
  beside: ['flannel', 'bridge', 'calico', 'canal', 'kube-router', 'kube-ovn'],
  objects: ({ inventory }) => nodeLocalDNSObjects(inventory),
  claims: () => claims,
};

export function nodeLocalDNSObjects({ cluster }: Inventory): readonly KubeObject[] {
  const { network } = cluster;
  const settings = additionOf(nodeLocalDNSDeclaration, network);
  if (settings === undefined) throw new Error('NodeLocal DNSCache asked of a cluster without it');
  const addresses = settings.takesServiceAddress ? [settings.ip, ...network.dnsIPs] : [settings.ip];
  const dns = [
    { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
  ];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, labels },
      data: {
        Corefile: corefile({
          addresses,
          ip: settings.ip,
          domain: network.dnsDomain,
          upstream: upstreamOf(settings, network.dnsIP),
        }),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: upstreamService, namespace, labels: { 'k8s-app': 'kube-dns' } },
      spec: { selector: { 'k8s-app': 'kube-dns' }, ports: dns },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { clusterIP: 'None', selector: labels, ports: [{ name: 'metrics', port: 9253, targetPort: 9253 }] },
    },
    daemonSet(settings, addresses),
  ];
}

/** Where it has the Service's own address, it must ask by another: that of a second Service, which it finds by itself in place of the placeholder. */
function upstreamOf({ takesServiceAddress }: NodeLocalDNSSettings, dnsIP: string): string {
  return takesServiceAddress ? '__PILLAR__CLUSTER__DNS__' : dnsIP;
}

interface Zones {
  readonly addresses: readonly string[];
  readonly ip: string;
  readonly domain: string;
  readonly upstream: string;
}

function corefile({ addresses, ip, domain, upstream }: Zones): string {
  const common = ['errors', 'reload', 'loop', `bind ${addresses.join(' ')}`, 'prometheus :9253'];
  const cluster = [`forward . ${upstream} {`, '    force_tcp', '}'];
  const cache = ['cache {', '    success 9984 30', '    denial 9984 5', '}'];
  return [
    zone(domain, [...common, ...cache, ...cluster, `health ${ip.includes(':') ? `[${ip}]` : ip}:8080`]),
    zone('in-addr.arpa', [...common, 'cache 30', ...cluster]),
    zone('ip6.arpa', [...common, 'cache 30', ...cluster]),
    // The node's own, as the kubelet's resolvConf names it.
    zone('.', [...common, 'cache 30', 'forward . /etc/resolv.conf']),
  ].join('');
}

function zone(of: string, lines: readonly string[]): string {
  return `${of}:53 {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;
}

function daemonSet({ ip, image }: NodeLocalDNSSettings, addresses: readonly string[]): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/port': '9253', 'prometheus.io/scrape': 'true' } },
        spec: {
          priorityClassName: 'system-node-critical',
          serviceAccountName: name,
          hostNetwork: true,
          dnsPolicy: 'Default',
          tolerations: [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { effect: 'NoExecute', operator: 'Exists' },
            { effect: 'NoSchedule', operator: 'Exists' },
          ],
          containers: [container(ip, image, addresses)],
          volumes: [
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            { name: 'config', configMap: { name, items: [{ key: 'Corefile', path: 'Corefile.base' }] } },
          ],
        },
      },
    },
  };
}

function container(ip: string, image: string, addresses: readonly string[]): object {
  return {
    name: 'node-cache',
    image,
    args: ['-localip', addresses.join(','), '-conf', '/etc/Corefile', '-upstreamsvc', upstreamService],
    resources: { requests: { cpu: '25m', memory: '5Mi' } },
    securityContext: { capabilities: { add: ['NET_ADMIN'] } },
    ports: [
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9253, protocol: 'TCP' },
    ],
    livenessProbe: { httpGet: { host: ip, path: '/health', port: 8080 }, initialDelaySeconds: 60, timeoutSeconds: 5 },
    volumeMounts: [
      { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
      { name: 'config', mountPath: '/etc/coredns' },
    ],
  };
}

/** It takes both away when it ends by itself. */
const claims: readonly Claim[] = [
  { kind: 'link', name: 'nodelocaldns' },
  { kind: 'rules', name: 'NodeLocal DNS Cache: ' },
];
