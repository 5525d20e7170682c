/** CFSSL's names of key usages with their bit in the extension (RFC 5280, 4.2.1.3). */
export const keyUsageBits = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
} as const;

/** CFSSL's names of extended key usages with their object identifiers, in the order in which it writes them. */
export const extendedUsageOids = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
} as const;

export type KeyUsage = keyof typeof keyUsageBits;
export type ExtendedUsage = keyof typeof extendedUsageOids;
export type Usage = KeyUsage | ExtendedUsage;

export function isUsage(name: string): name is Usage {
  return Object.hasOwn(keyUsageBits, name) || Object.hasOwn(extendedUsageOids, name);
}

/** Bits of the key usages among these, ascending. */
export function usageBits(usages: readonly Usage[]): readonly number[] {
  const bits = usages.flatMap((usage) => (usage in keyUsageBits ? [keyUsageBits[usage as KeyUsage]] : []));
  return [...new Set<number>(bits)].sort((a, b) => a - b);
}

/** Object identifiers of the extended usages among these, in the order given. */
export function usageOids(usages: readonly Usage[]): readonly string[] {
  const oids = usages.flatMap((usage) =>
    usage in extendedUsageOids ? [extendedUsageOids[usage as ExtendedUsage]] : [],
  );
  return [...new Set<string>(oids)];
}
