/** What `cfssl print-defaults` prints: files to start from. */
export const defaultFiles = {
  config: {
    signing: {
      default: { expiry: '168h' },
      profiles: {
        www: { expiry: '8760h', usages: ['signing', 'key encipherment', 'server auth'] },
        client: { expiry: '8760h', usages: ['signing', 'key encipherment', 'client auth'] },
      },
    },
  },
  csr: {
    CN: 'example.net',
    hosts: ['example.net', 'www.example.net'],
    key: { algo: 'ecdsa', size: 256 },
    names: [{ C: 'US', ST: 'CA', L: 'San Francisco' }],
  },
} as const;
