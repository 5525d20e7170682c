import { parseAddress } from './cidr.ts';

/** Reads `host:port` or `host`: DNS names, IPv4 addresses, and IPv6 addresses, which stand in brackets before a port; undefined where it is none. */
export function parseEndpoint(text: string): { readonly host: string; readonly port?: number } | undefined {
  if (parseAddress(text).kind === 'ipv6') return { host: text };
  const parts = /^(?:\[([^\]]+)\]|([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?))(?::(\d{1,5}))?$/.exec(text);
  const [, inBrackets, name, written] = parts ?? [];
  if (inBrackets !== undefined && parseAddress(inBrackets).kind !== 'ipv6') return undefined;
  const host = inBrackets ?? name;
  if (host === undefined) return undefined;
  if (written === undefined) return { host };
  const port = Number(written);
  return port >= 1 && port <= 65535 ? { host, port } : undefined;
}
