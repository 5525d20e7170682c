/** Reads `host:port` or `host`, IPv4 addresses and DNS names alone; undefined where it is neither. */
export function parseEndpoint(text: string): { readonly host: string; readonly port?: number } | undefined {
  const parts = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1];
  if (host === undefined) return undefined;
  const written = parts?.[3];
  if (written === undefined) return { host };
  const port = Number(written);
  return port >= 1 && port <= 65535 ? { host, port } : undefined;
}
