/** An address as the host part of a URL: IPv6 goes into brackets. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
