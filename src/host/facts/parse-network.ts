import { formatAddress } from '../../inventory/cidr.ts';
import type { Facts, Listener } from './model.ts';
import type { Sections } from './sections.ts';

/** Where systemd-resolved writes the servers that it asks itself. */
export const resolvedConf = '/run/systemd/resolve/resolv.conf';

/** From `ip -o addr`, or from fib_trie where there is no ip (then without interfaces). */
export function readAddresses(read: Sections): Facts['addresses'] {
  const lines = read.lines('addresses');
  const named = lines.flatMap((line) => {
    const match = /^\d+: (\S+)\s+inet6? (\S+)/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return [];
    return [{ interface: match[1].replace(/@.*/, ''), cidr: match[2].includes('/') ? match[2] : `${match[2]}/32` }];
  });
  return named.length > 0 ? named : readTrie(lines);
}

/** MTU by interface, from lines like `/sys/class/net/eth0/mtu:1500`. */
export function readLinks(read: Sections): Facts['links'] {
  const found = read.lines('links').map((line) => /^\/sys\/class\/net\/([^/]+)\/mtu:(\d+)$/.exec(line));
  return Object.fromEntries(found.flatMap((match) => (match?.[1] === undefined ? [] : [[match[1], Number(match[2])]])));
}

function readTrie(lines: readonly string[]): Facts['addresses'] {
  const found = new Set<string>();
  lines.forEach((line, index) => {
    const address = /\|-- ([\d.]+)\s*$/.exec(line)?.[1];
    if (address !== undefined && /\/32 host LOCAL/.test(lines[index + 1] ?? '')) found.add(address);
  });
  return [...[...found].map((address) => ({ interface: '', cidr: `${address}/32` })), ...readIfInet6(lines)];
}

/** Lines of /proc/net/if_inet6: address, index, prefix, scope and flags in hexadecimal, and the interface. */
function readIfInet6(lines: readonly string[]): Facts['addresses'] {
  return lines.flatMap((line) => {
    const [, hex, prefix, name] = /^([0-9a-f]{32}) [0-9a-f]+ ([0-9a-f]+) [0-9a-f]+ [0-9a-f]+\s+(\S+)$/.exec(line) ?? [];
    if (hex === undefined || prefix === undefined || name === undefined) return [];
    const address = formatAddress({ kind: 'ipv6', value: BigInt(`0x${hex}`) });
    return [{ interface: name, cidr: `${address}/${Number.parseInt(prefix, 16)}` }];
  });
}

export function readRoutes(read: Sections): Facts['routes'] {
  return [...readRoutes4(read), ...readRoutes6(read)];
}

/** Flags of routes, from the kernel's ipv6_route.h and route.h. */
const routeFlags = {
  reject: 0x200,
  default: 0x10000,
  addrconf: 0x40000,
  anycast: 0x100000,
  local: 0x80000000,
} as const;

/** Where k8sup keeps its kernel settings, and what is there of interfaces with router advertisements. */
export const sysctlFile = '/etc/sysctl.d/zz-k8sup.conf';
const acceptsAdvertisements = /^-?net\.ipv6\.conf\.(\S+)\.accept_ra = 2$/;

/** Default routes from advertisements that another program than the kernel took (networkd, NetworkManager) bear no flag of it, and need no help. */
export function readRouterAdvertised(read: Sections): readonly string[] {
  const wanted = routeFlags.default | routeFlags.addrconf;
  const live = rows6(read).filter(({ prefix, flags }) => prefix === 0 && (flags & wanted) === wanted);
  const kept = read.file(sysctlFile).flatMap((line) => acceptsAdvertisements.exec(line)?.[1] ?? []);
  // In sysctl.d a dot in an interface's name is written as a slash.
  return [...new Set([...live.map((row) => row.interface), ...kept.map((name) => name.replaceAll('/', '.'))])].sort();
}

export function readIPv6(read: Sections): Facts['ipv6'] {
  const values = ['all', 'default'].map((name) => read.file(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`)[0]);
  if (values.every((value) => value === undefined)) return 'absent';
  return values.includes('1') ? 'off' : 'on';
}

function readRoutes6(read: Sections): Facts['routes'] {
  const skipped = routeFlags.reject | routeFlags.anycast | routeFlags.local;
  return rows6(read)
    .filter((row) => row.prefix > 0 && row.interface !== 'lo' && (row.flags & skipped) === 0)
    .filter(({ destination }) => !/^(fe[89ab]|ff)/.test(destination))
    .map((row) => ({
      cidr: `${formatAddress({ kind: 'ipv6', value: BigInt(`0x${row.destination}`) })}/${row.prefix}`,
      interface: row.interface,
    }));
}

/** From /proc/net/ipv6_route: all tables, numbers in hexadecimal. */
function rows6(read: Sections) {
  return read.file('/proc/net/ipv6_route').flatMap((line) => {
    const [destination = '', prefix = '', , , , , , , flags = '', name] = line.trim().split(/\s+/);
    if (name === undefined) return [];
    return [{ destination, prefix: Number.parseInt(prefix, 16), flags: Number.parseInt(flags, 16), interface: name }];
  });
}

/** From /proc/net/route: main table; addresses there are in hexadecimal with the lowest byte first. */
function readRoutes4(read: Sections): Facts['routes'] {
  return read
    .file('/proc/net/route')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [name, destination, , , , , , mask] = fields;
      if (name === undefined || destination === undefined || mask === undefined || mask === '00000000') return [];
      const prefix = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
      return [{ cidr: `${littleEndian(destination)}/${prefix}`, interface: name }];
    });
}

/** From /proc/net/route, where the metric is the seventh field. */
export function readDefaultInterface(read: Sections): string | undefined {
  const defaults = read
    .file('/proc/net/route')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .toSorted((a, b) => Number(a[6]) - Number(b[6]));
  return defaults[0]?.[0];
}

function littleEndian(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

/** systemd-resolved's own list of servers where it runs, as its stub at 127.0.0.53 is not there in a pod. */
export function readResolver(read: Sections, resolved: boolean): Facts['resolver'] {
  const file = resolved && read.value('values', 'resolved') === 'yes' ? resolvedConf : '/etc/resolv.conf';
  const words = read.file(file).map((line) => line.trim().split(/\s+/));
  return { file, nameservers: words.flatMap(([key, server]) => (key === 'nameserver' && server ? [server] : [])) };
}

/** Sockets at the ports that matter, each with a process that holds it. */
export function readListeners(read: Sections): readonly Listener[] {
  const holders = new Map(read.lines('holders').map((line) => line.split('\t') as [string, string]));
  const listeners = new Map<string, Listener>();
  for (const line of read.lines('sockets')) {
    const match = /^\/proc\/net\/(tcp|udp)6?:\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) (.*)$/.exec(line);
    const [, protocol, address = '', port = '', rest = ''] = match ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') continue;
    const inode = rest.trim().split(/\s+/)[7] ?? '0';
    const listener = {
      protocol,
      address: socketAddress(address),
      port: Number.parseInt(port, 16),
      ...readProcess(read, inode === '0' ? undefined : holders.get(inode)),
    } as const;
    listeners.set(`${protocol} ${listener.address} ${listener.port}`, listener);
  }
  return [...listeners.values()];
}

/** A socket without a process is the kernel's own, as those of vxlan links are. */
function readProcess(read: Sections, folder: string | undefined): Pick<Listener, 'process' | 'unit'> {
  if (folder === undefined) return { process: '(kernel)', unit: undefined };
  const of = (file: string): readonly string[] =>
    read
      .lines('processes')
      .filter((line) => line.startsWith(`${folder}/${file}:`))
      .map((line) => line.slice(folder.length + file.length + 2));
  const units = of('cgroup').map((line) => /\/([^/]+\.(?:service|socket|scope))(?:\/|$)/.exec(line)?.[1]);
  return { process: of('comm')[0] ?? '(unknown)', unit: units.find((unit) => unit !== undefined) };
}

/** IPv4 as dotted numbers, all-zero IPv6 as `::`; other IPv6 addresses in groups, not shortened. */
function socketAddress(hex: string): string {
  if (hex.length === 8) return littleEndian(hex);
  if (/^0+$/.test(hex)) return '::';
  // The kernel prints four words of four bytes, each word in the machine's own byte order.
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.slice(0, 12).join('') === '00000000000000000000FFFF') return bytes.slice(12).map((byte) => Number.parseInt(byte, 16)).join('.'); // prettier-ignore
  const text = bytes.map((byte, index) => (index > 0 && index % 2 === 0 ? `:${byte}` : byte)).join('');
  return text.toLowerCase() === '0000:0000:0000:0000:0000:0000:0000:0001' ? '::1' : text.toLowerCase();
}
