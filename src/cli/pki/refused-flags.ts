const remote = 'it signs with the key beside it and asks no remote signer';
const database = 'it keeps no database of certificates';
const server = 'it is no server';
const stores = 'it knows no root stores of platforms';

/** Flags of cfssl's that k8sup refuses, with the reason. */
export const refusedFlags: ReadonlyMap<string, string> = new Map([
  ...['remote', 'label', 'authkey', 'tls-remote-ca'].map((flag) => [flag, remote] as const),
  ...['mutual-tls-ca', 'mutual-tls-cn', 'mutual-tls-client-cert', 'mutual-tls-client-key'].map(
    (flag) => [flag, remote] as const,
  ),
  ...['db-config', 'serial', 'sn', 'aki'].map((flag) => [flag, database] as const),
  ...['address', 'port', 'tls-cert', 'tls-key', 'min-tls-version', 'responses', 'path', 'disable'].map(
    (flag) => [flag, server] as const,
  ),
  ...['int-dir', 'metadata'].map((flag) => [flag, stores] as const),
  ['crl', 'crl_url of the profile says where the list is'],
  ['password', 'it reads PEM, no PKCS #12'],
  ['ip', 'bundle fetches nothing'],
]);
