import { parseAddress } from '../cidr.ts';
import { fixedPorts } from '../ports.ts';
import { standard } from '../defaults.ts';
import type { Draft, Report } from '../findings.ts';
import { given } from '../given.ts';
import type { Path } from '../path.ts';
import { dataDirectories, lifetimesOf } from '../resolve-cluster.ts';

/** What is left: certificate lives, ports, directories, URLs, artifact sources, and settings that would do nothing. */
export function checkSettings(draft: Draft, report: Report): void {
  checkLifetimes(draft, report);
  checkStore(draft, report);
  checkPorts(draft, report);
  checkNodePorts(draft, report);
  checkDirectories(draft, report);
  checkUrls(draft, report);
  checkArtifacts(draft, report);
  checkNames(draft, report);
  if (draft.cluster.bootstrap === 'token-file') {
    const message = 'a line of token.csv never expires: k8sup takes it out again once all nodes have joined';
    report({ code: 'TOKEN_FILE_NEVER_EXPIRES', severity: 'warning', path: ['cluster', 'bootstrap'], message });
  }
}

function checkStore({ cluster }: Draft, report: Report): void {
  const { passphraseFile, passphraseCommand } = cluster.certificates?.store ?? {};
  if (passphraseFile === undefined || passphraseCommand === undefined) return;
  const path = ['cluster', 'certificates', 'store', 'passphraseCommand'];
  const message = 'a passphrase has one source: passphraseFile says another one already';
  report({ code: 'TWO_PASSWORD_SOURCES', path, message, fix: 'keep one of passphraseFile, passphraseCommand' });
}

const longestHours = 100 * 8760;

function checkLifetimes(draft: Draft, report: Report): void {
  const { caHours, leafHours, nodeHours } = lifetimesOf(draft.cluster);
  const at = (key: string): Path => ['cluster', 'certificates', key];
  const lives = [
    ['leafLifetime', leafHours],
    ['nodeLifetime', nodeHours],
  ] as const;
  for (const [key, hours] of lives) {
    if (hours <= caHours) continue;
    const message = `${hours}h is longer than the life of the authority that signs it (${caHours}h)`;
    report({
      code: 'CERTIFICATE_OUTLIVES_CA',
      path: at(key),
      basedOn: [at('caLifetime')],
      message,
      fix: `use at most ${caHours}h, or a longer caLifetime`,
    });
  }
  if (caHours > longestHours) {
    report({
      code: 'CERTIFICATE_LIFE_TOO_LONG',
      path: at('caLifetime'),
      message: `${caHours}h is more than a hundred years`,
      fix: 'use at most 100y',
    });
  }
}

const portOwners: Readonly<Record<keyof typeof fixedPorts, string>> = {
  etcdMetrics: "etcd's metrics",
  kubeletHealth: "kubelet's health",
  kubeProxyMetrics: "kube-proxy's metrics",
  kubelet: 'the kubelet',
  kubeProxyHealth: "kube-proxy's health",
  controllerManager: 'the controller manager',
  scheduler: 'the scheduler',
  flannelHealth: "flannel's health",
};

function checkPorts(draft: Draft, report: Report): void {
  const apiserver = draft.cluster.apiserver?.port ?? standard.apiserver.port;
  const etcd = { ...standard.etcd, ...given(draft.cluster.etcd) };
  const used = new Map<string, string>(
    Object.entries(portOwners).map(([name, owner]) => [String(fixedPorts[name as keyof typeof fixedPorts]), owner]),
  );
  const wanted: readonly [Path, number][] = [
    [['cluster', 'apiserver', 'port'], apiserver],
    [['cluster', 'etcd', 'clientPort'], etcd.clientPort],
    [['cluster', 'etcd', 'peerPort'], etcd.peerPort],
  ];
  for (const [path, port] of wanted) {
    const owner = used.get(String(port));
    if (owner !== undefined) {
      report({ code: 'PORT_CONFLICT', path, message: `port ${port} is taken by ${owner}`, fix: 'use another port' });
    }
    used.set(String(port), path.slice(1).join('.'));
  }
}

function checkNodePorts(draft: Draft, report: Report): void {
  const range = draft.cluster.network?.nodePortRange ?? standard.network.nodePortRange;
  const path = ['cluster', 'network', 'nodePortRange'];
  const [low = 0, high = 0] = range.split('-').map(Number);
  if (low < 1 || high > 65535 || low > high) {
    const message = `${range} is not a range of ports between 1 and 65535`;
    report({ code: 'NODE_PORT_RANGE_INVALID', path, message, fix: `write "${standard.network.nodePortRange}"` });
    return;
  }
  const apiserver = draft.cluster.apiserver?.port ?? standard.apiserver.port;
  const inside = [22, apiserver, ...Object.keys(fixedPorts).map(Number)].filter((port) => port >= low && port <= high);
  if (inside.length === 0) return;
  const message = `the range holds ports that the hosts themselves use: ${inside.join(', ')}`;
  report({ code: 'NODE_PORT_RANGE_MIXED', severity: 'warning', path, message });
}

/** `clean` empties these directories, so they must be nobody else's. */
const systemDirectory =
  /^\/((bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(\/[^/]*)?)?\/?$/;
const ownParents = /^\/(data|mnt|opt|srv|media)\/[^/]+\/?$/;

function checkDirectories(draft: Draft, report: Report): void {
  const directories = Object.entries(dataDirectories(draft.cluster)).map(([key, value]) => ({
    path: ['cluster', ...key.split('.')],
    value: value.replace(/\/+$/, ''),
  }));
  const unsafe = directories.filter(({ value }) => systemDirectory.test(value) && !ownParents.test(value));
  for (const { path, value } of unsafe) {
    const message = `${value === '' ? '/' : value} belongs to the system: clean would empty it`;
    const fix = 'use a directory of its own, for example below /var/lib';
    report({ code: 'DIRECTORY_UNSAFE', path, message, fix });
  }
  const usable = directories.filter((directory) => !unsafe.includes(directory));
  for (const { path, value } of usable) {
    const other = usable.find((entry) => entry.path !== path && `${value}/`.startsWith(`${entry.value}/`));
    if (other === undefined) continue;
    const message = `${value} is ${value === other.value ? 'also' : 'inside'} ${other.path.join('.')} (${other.value})`;
    const fix = 'use directories apart from each other';
    report({ code: 'DIRECTORY_SHARED', path, basedOn: [other.path], message, fix });
  }
}

function checkUrls(draft: Draft, report: Report): void {
  const { proxy, runtime, artifacts } = draft.cluster;
  const mirrors = Object.entries(runtime?.registryMirrors ?? {});
  const urls: readonly [Path, string | undefined][] = [
    [['cluster', 'proxy', 'http'], proxy?.http],
    [['cluster', 'proxy', 'https'], proxy?.https],
    ...mirrors.flatMap(([host, list]) =>
      list.map((url, index): [Path, string] => [['cluster', 'runtime', 'registryMirrors', host, index], url]),
    ),
    ...(artifacts?.mirrors ?? []).map((url, index): [Path, string] => [
      ['cluster', 'artifacts', 'mirrors', index],
      url,
    ]),
  ];
  for (const [path, url] of urls) {
    if (url === undefined || !/^https?:\/\/[^/]*@/.test(url)) continue;
    const message = 'this URL holds a user name or password: secrets are not written into the inventory';
    report({
      code: 'SECRET_IN_INVENTORY',
      path,
      message,
      fix: 'take it out; registries have runtime.credentials with a passwordFile',
    });
  }
}

function checkArtifacts(draft: Draft, report: Report): void {
  const artifacts = draft.cluster.artifacts;
  const missing = artifacts?.source === 'mirror' && (artifacts.mirrors ?? []).length === 0 ? 'mirrors' : undefined;
  const needed = artifacts?.source === 'directory' && artifacts.directory === undefined ? 'directory' : missing;
  if (needed === undefined) return;
  const path = ['cluster', 'artifacts', 'source'];
  const basedOn = [['cluster', 'artifacts', needed]];
  const message = `the source ${artifacts?.source ?? ''} needs cluster.artifacts.${needed}`;
  report({ code: 'ARTIFACT_SOURCE_INCOMPLETE', path, basedOn, message, fix: `add ${needed}` });
}

function checkNames(draft: Draft, report: Report): void {
  for (const [index, name] of (draft.cluster.apiserver?.extraSANs ?? []).entries()) {
    const dns = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
    if (parseAddress(name).kind !== 'none' || dns.test(name)) continue;
    const message = `${JSON.stringify(name)} is neither a DNS name nor an address`;
    report({ code: 'SAN_INVALID', path: ['cluster', 'apiserver', 'extraSANs', index], message });
  }
}
