import { checkFlagNames, refusal } from '../../inventory/checks/extras.ts';
import type { Reserved } from '../../inventory/checks/reserved.ts';
import { standard as common } from '../../inventory/defaults.ts';
import { parseAddress } from '../../inventory/cidr.ts';
import type { Draft, Report } from '../../inventory/findings.ts';
import { fixedPorts } from '../../inventory/ports.ts';
import type { Path } from '../../inventory/path.ts';
import { combinationOf } from '../../inventory/resolve-cluster.ts';
import { rolesOf } from '../../inventory/resolve.ts';
import type { HostInput } from '../../inventory/schema.ts';
import { addressingOf } from '../../inventory/support.ts';
import type { z } from 'zod';
import { backends } from './backends.ts';
import { checkWithoutKubernetes } from './check-containers.ts';
import { checkSubnets } from './check-subnets.ts';
import { reservedConfig, reservedFlags } from './reserved.ts';
import { standard } from './schema.ts';
import type { flannelHostSchema, flannelSchema } from './schema.ts';

export type Written = Partial<z.infer<typeof flannelSchema>>;
type WrittenByHost = Partial<z.infer<typeof flannelHostSchema>>;

/** What was written of flannel, for the cluster and by hosts. */
interface Input {
  readonly written: Written;
  readonly byHost: (host: HostInput) => WrittenByHost;
}

const place: Path = ['cluster', 'network', 'flannel'];
const at = (...keys: readonly string[]): Path => [...place, ...keys];

/** What the schema cannot say of flannel's settings. */
export function checkFlannel(draft: Draft, { written, byHost }: Input, report: Report): void {
  checkBackend(draft, written, report);
  checkFamilies(draft, written, report);
  checkPreSharedKey(written, report);
  checkDeploy(written, report);
  checkSubnetManager(draft, written, report);
  if (!draft.kubernetes) checkWithoutKubernetes(draft, { written, place }, report);
  checkChoice(written, place, report);
  for (const { index, host } of draft.hosts) checkChoice(byHost(host), ['hosts', index, 'flannel'], report);
  checkPorts(draft, written, report);
  checkFlagNames(written, { reserved: reservedFlags, place }, report);
  checkConfig(written.extraConfig ?? {}, { reserved: reservedConfig, path: at('extraConfig') }, report);
}

function checkBackend({ cluster }: Draft, written: Written, report: Report): void {
  const name = written.backend ?? standard.backend;
  const { settings, ipv6, provedWith } = backends[name];
  for (const key of ['directRouting', 'vni', 'port', 'wireguard', 'ipsec'] as const) {
    if (written[key] === undefined || settings.includes(key)) continue;
    const message = `with the backend ${name} this has no effect`;
    const basedOn = [at('backend')];
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at(key), basedOn, atKey: true, message });
  }
  const addressing = addressingOf(combinationOf(cluster).families);
  // Where it has no IPv6 at all, that is an error.
  if (!provedWith.includes(addressing) && (addressing === 'IPv4' || ipv6)) {
    const what = provedWith.length === 0 ? name : `${name} with ${addressing}`;
    const message = `${what} is rendered, but not proved: no end-to-end test has run it on real hosts`;
    report({ code: 'BACKEND_NOT_PROVED', severity: 'warning', path: at('backend'), message });
  }
  if (name === 'alloc') {
    const message =
      'alloc only gives out subnets: pods reach those of other nodes only where your own routers know the way';
    report({ code: 'BACKEND_WITHOUT_ROUTES', severity: 'warning', path: at('backend'), message });
  }
}

function checkFamilies(draft: Draft, written: Written, report: Report): void {
  const { backend = standard.backend, deploy } = written;
  const basedOn = [['cluster', 'network', 'podCIDR']];
  if (draft.cluster.network?.podCIDR?.includes(':') !== true) {
    if (written.ipv6Masq === undefined) return;
    const message = 'pods have no IPv6 addresses: this has no effect';
    report({
      code: 'SETTING_WITHOUT_EFFECT',
      severity: 'warning',
      path: at('ipv6Masq'),
      basedOn,
      atKey: true,
      message,
    });
    return;
  }
  if (!backends[backend].ipv6) {
    const message = `flannel's ${backend} gives pods IPv4 addresses alone`;
    const fix = 'use vxlan, host-gw or wireguard';
    report({ code: 'BACKEND_IPV4_ONLY', path: at('backend'), basedOn, message, fix });
  }
  if (deploy === 'daemonset') {
    const message = 'one DaemonSet for all hosts cannot tell flannel the IPv6 address of each';
    report({ code: 'DAEMONSET_IPV4_ONLY', path: at('deploy'), basedOn, message, fix: 'use deploy: unit' });
  }
}

function checkPreSharedKey({ backend, deploy, wireguard, ipsec }: Written, report: Report): void {
  if (backend === 'ipsec' && ipsec?.pskFile === undefined) {
    const message = 'ipsec needs a pre-shared key';
    const fix = 'write ipsec: { pskFile: FILE }; openssl rand -hex 48 makes one';
    report({ code: 'PSK_MISSING', path: at('backend'), message, fix });
  }
  const key = backend === 'ipsec' ? ipsec?.pskFile : backend === 'wireguard' ? wireguard?.pskFile : undefined;
  if (deploy !== 'daemonset' || key === undefined) return;
  report({
    code: 'PSK_IN_DAEMONSET',
    path: at('deploy'),
    basedOn: [at('backend')],
    message: 'a DaemonSet has its configuration from the API server, and a pre-shared key is not put there',
    fix: 'use deploy: unit, where it lies in a file that root alone can read',
  });
}

function checkDeploy({ deploy, image, cniPluginImage }: Written, report: Report): void {
  if (deploy === 'daemonset') {
    const message =
      "flannel as a DaemonSet was run in images of the end-to-end tests' own, with the same programs: upstream's were not";
    report({ code: 'DAEMONSET_NOT_PROVED', severity: 'warning', path: at('deploy'), message });
    return;
  }
  for (const [key, value] of Object.entries({ image, cniPluginImage })) {
    if (value === undefined) continue;
    const message = 'as a unit flannel needs no image: this has no effect';
    report({ code: 'SETTING_WITHOUT_EFFECT', severity: 'warning', path: at(key), atKey: true, message });
  }
}

/**
 * With Kubernetes the API server gives out the subnets. flannel on the API server's own etcd would need etcd's authentication, to keep it from
 * reading every Secret; switched on below a living API server it is more danger than gain: that one's certificate would have to become root of etcd
 * first, each change of a role makes requests under way fail (`auth: revision in header is old`), and a mistake locks all masters out at once.
 */
function checkSubnetManager(draft: Draft, written: Written, report: Report): void {
  const masters = draft.hosts.some(({ host }) => rolesOf(host, draft.onlyHost).has('master'));
  const manager = written.subnetManager ?? (masters ? 'kube' : 'etcd');
  if (manager === 'etcd' && masters) {
    report({
      code: 'FLANNEL_ON_APISERVER_ETCD',
      path: at('subnetManager'),
      message:
        "flannel is not let into the API server's etcd: whoever may read there without roles reads every Secret, and roles endanger the masters",
      fix: 'use kube; etcd is for hosts without Kubernetes',
    });
    return;
  }
  if (manager === 'kube' && !masters && written.subnetManager !== undefined) {
    const message = 'there is no master: without Kubernetes the subnets come from etcd';
    report({ code: 'FLANNEL_WITHOUT_KUBERNETES', path: at('subnetManager'), message, fix: 'use etcd' });
    return;
  }
  checkSubnets(draft, { written, manager, place }, report);
}

function checkChoice(written: WrittenByHost, path: Path, report: Report): void {
  const given = (['interface', 'interfaceRegex', 'interfaceCanReach'] as const).filter(
    (key) => written[key] !== undefined,
  );
  const second = given[1];
  if (second !== undefined) {
    const message = `the interface is chosen by ${given[0] ?? ''} already: flannel takes one way`;
    report({
      code: 'INTERFACE_TWICE',
      path: [...path, second],
      atKey: true,
      message,
      fix: `keep one of ${given.join(', ')}`,
    });
  }
  if (written.interfaceRegex !== undefined && !isPattern(written.interfaceRegex)) {
    const message = `${JSON.stringify(written.interfaceRegex)} is no regular expression that flannel understands (RE2)`;
    report({ code: 'INTERFACE_REGEX_INVALID', path: [...path, 'interfaceRegex'], message });
  }
  const target = written.interfaceCanReach;
  if (target !== undefined && parseAddress(target).kind !== 'ipv4') {
    const message = `${JSON.stringify(target)} is not an IPv4 address, and flannel takes the way to no other`;
    const fix = 'use an IPv4 address, interface or interfaceRegex';
    report({ code: 'ADDRESS_INVALID', path: [...path, 'interfaceCanReach'], message, fix });
  }
}

/** Go's expressions know neither looking around nor references back. */
function isPattern(text: string): boolean {
  if (/\(\?[=!<]|\\[1-9]/.test(text)) return false;
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function checkPorts(draft: Draft, written: Written, report: Report): void {
  const { cluster } = draft;
  const [low = 0, high = 0] = (cluster.network?.nodePortRange ?? common.network.nodePortRange).split('-').map(Number);
  for (const key of ['port', 'healthPort'] as const) {
    const port = written[key];
    if (port === undefined || port < low || port > high) continue;
    const message = `port ${port} is one of the node ports (${low}-${high}): a Service may be given it`;
    report({ code: 'NODE_PORT_RANGE_MIXED', severity: 'warning', path: at(key), message });
  }
  const taken: readonly number[] = [
    ...Object.values(fixedPorts).filter((port) => port !== fixedPorts.flannelHealth),
    cluster.apiserver?.port ?? common.apiserver.port,
    cluster.etcd?.clientPort ?? common.etcd.clientPort,
    cluster.etcd?.peerPort ?? common.etcd.peerPort,
  ];
  if (written.healthPort !== undefined && taken.includes(written.healthPort)) {
    const message = `port ${written.healthPort} is taken by another part of the cluster`;
    report({ code: 'PORT_CONFLICT', path: at('healthPort'), message, fix: 'use another port' });
  }
}

/** flannel reads keys in any case, so one in another case would win over k8sup's. */
function checkConfig(
  config: Readonly<Record<string, unknown>>,
  { reserved, path }: { readonly reserved: Reserved; readonly path: Path },
  report: Report,
): void {
  const known = new Map(Object.entries(reserved).map(([key, setting]) => [key.toLowerCase(), setting]));
  for (const [key, value] of Object.entries(config)) {
    const lower = key.toLowerCase();
    if (known.has(lower)) report(refusal([...path, key], key, known.get(lower)));
    else if (lower === 'backend' && typeof value === 'object' && value !== null) {
      checkBackendConfig(value, [...path, key], report);
    }
  }
}

function checkBackendConfig(value: object, path: Path, report: Report): void {
  const known = new Map(
    Object.entries(reservedConfig)
      .filter(([key]) => key.startsWith('Backend.'))
      .map(([key, setting]) => [key.slice('Backend.'.length).toLowerCase(), setting]),
  );
  for (const key of Object.keys(value)) {
    if (known.has(key.toLowerCase())) report(refusal([...path, key], `Backend.${key}`, known.get(key.toLowerCase())));
  }
}
