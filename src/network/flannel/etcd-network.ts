import { etcdAccess } from '../../components/etcd/access.ts';
import { etcdctl, etcdCurl, localEndpoint } from '../../components/etcd/etcdctl.ts';
import type { Inventory } from '../../inventory/model.ts';
import type { AnyResource, Change, Resource } from '../../resources/define.ts';
import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import type { Lease, NetworkTarget } from '../plugin.ts';
import { speaksV2 } from './etcd-rules.ts';
import { netConf } from './net-conf.ts';
import { flannelSettings } from './settings.ts';

type EtcdTarget = Pick<NetworkTarget, 'inventory' | 'secrets'>;

/** CN of flanneld's client certificate towards etcd, and the name of its role there. */
const flannelEtcdUser = 'flannel';

/** What flanneld finds in etcd: a user that may touch its keys alone, and the configuration of the network. Kept on one member, for all. */
export function etcdNetwork(target: EtcdTarget): readonly AnyResource[] {
  const { inventory } = target;
  const { etcdPrefix } = flannelSettings(inventory);
  const { clientPort } = inventory.cluster.etcd;
  const limited = [{ user: flannelEtcdUser, prefix: `${etcdPrefix}/` }];
  return [etcdAccess({ clientPort, admins: [], limited }), networkKey(target)];
}

/** Prints all leases, for {@link parseLeases}. */
export function leasesScript(inventory: Inventory): Sh {
  const { etcdPrefix, version } = flannelSettings(inventory);
  const { clientPort } = inventory.cluster.etcd;
  if (speaksV2(version)) {
    const url = `${localEndpoint(clientPort)}/v2/keys${etcdPrefix}/subnets`;
    return sh`${etcdCurl()} -f ${url} && echo`;
  }
  return sh`${etcdctl(clientPort)} get --prefix ${`${etcdPrefix}/subnets/`} -w json`;
}

/** Reads what {@link leasesScript} printed, of either API. */
export function parseLeases(output: string): readonly Lease[] {
  const { kvs = [], node } = JSON.parse(output) as {
    kvs?: readonly { key: string; value: string }[];
    node?: { nodes?: readonly { key: string; value: string }[] };
  };
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
  const entries = [...kvs.map(({ key, value }) => ({ key: text(key), value: text(value) })), ...(node?.nodes ?? [])];
  return entries.map(({ key, value }) => {
    const { PublicIP = '', BackendType = '' } = JSON.parse(value) as { PublicIP?: string; BackendType?: string };
    // A lease of both families has its IPv6 subnet behind an `&`.
    const [subnet = ''] = (key.split('/').at(-1) ?? '').split('&');
    return { subnet: subnet.replace(/-(\d+)$/, '/$1'), publicIP: PublicIP, backend: BackendType };
  });
}

function networkKey({ inventory, secrets }: EtcdTarget): Resource<string> {
  const { etcdPrefix, version } = flannelSettings(inventory);
  const { clientPort } = inventory.cluster.etcd;
  const key = `${etcdPrefix}/config`;
  const { content: wanted, secret = false } = netConf({ inventory, ...(secrets === undefined ? {} : { secrets }) });
  const contents = [{ bytes: Buffer.from(wanted) }];
  const url = `${localEndpoint(clientPort)}/v2/keys${key}?quorum=true`;
  const ctl = etcdctl(clientPort);
  const read = speaksV2(version)
    ? sh`${etcdCurl()} -f ${url} 2>/dev/null`
    : sh`${ctl} get --print-value-only ${key} 2>/dev/null`;
  const write = speaksV2(version)
    ? sh`${etcdCurl()} -f -X PUT --data-urlencode value@- ${url.replace('?quorum=true', '')} >/dev/null`
    : sh`${ctl} put ${key} >/dev/null`;
  return {
    id: `etcd-key:${key}`,
    probe: sh`${read} || :`,
    parse: (output) => (speaksV2(version) ? valueOfV2(output) : output.trim()),
    diff: (found) =>
      differences(found, wanted).map((change) => (secret ? { ...change, from: '(secret)', to: '(secret)' } : change)),
    apply: { script: sh`head -c "$1" | ${write}`, contents },
  };
}

function valueOfV2(output: string): string {
  if (output.trim() === '') return '';
  return (JSON.parse(output) as { node?: { value?: string } }).node?.value ?? '';
}

/** By setting, so that a plan names the one that changes. */
function differences(found: string, wanted: string): readonly Change[] {
  if (found === '') return [{ path: 'content', from: 'absent', to: oneLine(wanted), effect: 'create' }];
  const [from, to] = [fieldsOf(found), fieldsOf(wanted)];
  if (from === undefined)
    return [{ path: 'content', from: found.slice(0, 100), to: oneLine(wanted), effect: 'update' }];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to ?? {})])];
  return names.flatMap((name): readonly Change[] => {
    const [is, should] = [valueText(from[name]), valueText(to?.[name])];
    return is === should ? [] : [{ path: name, from: is, to: should, effect: 'update' }];
  });
}

function valueText(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

function oneLine(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

/** Undefined for what is no JSON object: somebody else's, or a damaged one. */
function fieldsOf(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
