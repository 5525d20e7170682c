import { formatAddress, parseAddress, splitList } from './cidr.ts';
import type { HostInput } from './schema.ts';

/** What stands in `address`, in the usual form of each; what is no address stays as it is. */
export function addressesOf({ address }: Pick<HostInput, 'address'>): readonly string[] {
  return splitList(address).map((text) => {
    const parsed = parseAddress(text);
    return parsed.kind === 'none' ? text : formatAddress(parsed);
  });
}
