import type { Inventory } from '../../inventory/model.ts';
import { escapeControl } from '../../shell/escape.ts';
import type { NetworkStatus } from '../status.ts';
import type { Link, LookedAtRoute, NetworkNode, NodeLook } from './model.ts';
import { tunnelsOf } from './probes.ts';

/** What one probe printed, and its exit code; undefined for one that was not asked or did not end. */
export type Answers = (key: string) => { readonly exitCode: number; readonly output: string } | undefined;

/** Reads the answers to `networkProbes`. Pure. */
export function parseLook(status: NetworkStatus, inventory: Inventory, node: NetworkNode, answers: Answers): NodeLook {
  const text = (key: string): readonly string[] => linesOf(answers(key)?.output ?? '');
  const good = (key: string): readonly string[] | undefined => (answers(key)?.exitCode === 0 ? text(key) : undefined);
  const devices = tunnelsOf(status, inventory, node).map(({ device }) => device);
  const [own = '', ...shown] = (answers('links')?.output ?? '').split('\n');
  const links = new Map(shown.flatMap(parseLink).map((link) => [link.name, link]));
  const lease = good('lease');
  const masquerade = answers('masquerade');
  return {
    node,
    unit: text('unit')[0],
    lease: lease === undefined ? undefined : keyValues(lease),
    hostLink: links.get(own),
    links,
    routes: parseRoutes(text('routes')),
    fdb: new Map(devices.map((device) => [device, good(`fdb ${device}`)])),
    neighbours: new Map(devices.map((device) => [device, good(`neigh ${device}`)])),
    masquerade: masquerade === undefined ? undefined : masquerade.exitCode === 0,
    forward: { 4: text('forward 4'), 6: text('forward 6') },
    ...parseSysctls(text('sysctls')),
    firewalls: text('firewalls'),
    dropRules: text('drops'),
  };
}

function linesOf(output: string): readonly string[] {
  return escapeControl(output)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** One line of `ip -d -o link show`. */
function parseLink(line: string): readonly Link[] {
  const [, name, flags = '', mtu] = /^\d+: ([^:@\s]+)(?:@\S+)?: <([^>]*)> mtu (\d+) /.exec(line) ?? [];
  if (name === undefined) return [];
  const link = { name, mtu: Number(mtu), up: flags.split(',').includes('UP') };
  const [, vni] = /\bvxlan id (\d+) /.exec(line) ?? [];
  if (vni === undefined) return [link];
  const port = Number(/\bdstport (\d+) /.exec(line)?.[1]);
  const mac = /\blink\/ether (\S+)/.exec(line)?.[1] ?? '';
  return [{ ...link, tunnel: { ...link, vni: Number(vni), port, mac } }];
}

function parseRoutes(said: readonly string[]): readonly LookedAtRoute[] {
  const routes: LookedAtRoute[] = [];
  for (const line of said) {
    const [kind = '', ...words] = line.split(/\s+/);
    const rest = words.join(' ');
    const last = routes.at(-1);
    if (kind === 'to') {
      const [to = '', cidr = ''] = words;
      routes.push({ to, cidr, shown: '', device: undefined, via: undefined, onLink: false });
    } else if (last !== undefined) routes[routes.length - 1] = { ...last, ...parseRoute(kind, rest) };
  }
  return routes;
}

function parseRoute(kind: string, rest: string): Partial<LookedAtRoute> {
  const word = (name: string): string | undefined => new RegExp(`\\b${name} (\\S+)`).exec(rest)?.[1];
  if (kind === 'shown') return { shown: rest.replace(/\\/g, '').trim() };
  if (kind === 'get') return { device: word('dev'), via: word('via') };
  return kind === 'host' ? { onLink: word('dev') !== undefined && word('via') === undefined } : {};
}

function keyValues(said: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    said.flatMap((line) => {
      const [, key, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The stricter of a device's own filter and the one for all holds (the kernel's ip-sysctl.rst): 2 is loose, 1 is strict, the greater wins. */
function parseSysctls(said: readonly string[]): Pick<NodeLook, 'forwards' | 'strictDevices'> {
  const values = new Map(said.map((line) => line.split(' ') as [string, string]));
  const on = (name: string): boolean | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : value !== '0';
  };
  const all = Number(values.get('ipv4/conf/all/rp_filter') ?? 0);
  const strict = [...values].flatMap(([name, value]) => {
    const device = /^ipv4\/conf\/(.+)\/rp_filter$/.exec(name)?.[1];
    return device === undefined || device === 'all' || Math.max(all, Number(value)) !== 1 ? [] : [device];
  });
  return {
    forwards: { 4: on('ipv4/ip_forward'), 6: on('ipv6/conf/all/forwarding') },
    strictDevices: strict,
  };
}
