/** The apiserver's URL; an IPv6 address goes into brackets. */
export function apiserverUrl(host: string, port: number): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
