/** Where k8sup does something else than cfssl on purpose, and why. */
export interface Difference {
  readonly reason: string;
  /** cfssl makes a certificate, k8sup refuses with this code; else both make one and only these lines of its shape differ. */
  readonly how: { readonly refused: string } | { readonly lines: RegExp };
}

const alternativeNames = /^extension 2\.5\.29\.17 |^asks /;

export const differences = {
  'unknown key': {
    reason: 'cfssl skips keys that it does not know, so a typing mistake is signed',
    how: { refused: 'PKI_' },
  },
  'key in another case': {
    reason: 'Go reads keys in any case; k8sup knows one way to write each, and says which',
    how: { refused: 'PKI_REQUEST' },
  },
  'key twice': { reason: 'cfssl takes the last one silently', how: { refused: 'PKI_REQUEST' } },
  'unknown usage': { reason: 'cfssl skips it as long as another one is known', how: { refused: 'PKI_CONFIG' } },
  'unknown profile': { reason: 'cfssl signs with the default profile in its place', how: { refused: 'PKI_PROFILE' } },
  'remote keys': {
    reason: 'k8sup neither asks nor is a remote signer, so keys for one would be kept for nothing',
    how: { refused: 'PKI_CONFIG' },
  },
  'no linter': { reason: 'k8sup has no linter; to skip what was asked for is worse', how: { refused: 'PKI_CONFIG' } },
  'outlives its authority': {
    reason: 'readers refuse it from the day on which the authority ends',
    how: { refused: 'PKI_LIFETIME' },
  },
  'below the path length': {
    reason: 'cfssl looks at the request alone, so by a profile it signs authorities that no reader accepts',
    how: { refused: 'PKI_CA' },
  },
  'negative or no life': {
    reason: 'a certificate that has ended, or a key that says nothing',
    how: { refused: 'PKI_CONFIG' },
  },
  'serial number below names': {
    reason: 'cfssl reads it and leaves it out of the certificate',
    how: { refused: 'PKI_REQUEST' },
  },
  'no name': {
    reason: 'no client can ask for it: it has a port, a mask, a zone or a space',
    how: { refused: 'PKI_HOST' },
  },
  'hostname of an authority': {
    reason: 'cfssl leaves -hostname out silently beside -initca',
    how: { refused: 'PKI_FLAG' },
  },
  nobody: {
    reason: 'a certificate needs a subject or alternative names (RFC 5280, 4.1.2.6)',
    how: { refused: 'PKI_REQUEST' },
  },
  'weak key': { reason: 'RSA below 2048 bits is not signed, wherever it was made', how: { refused: 'PKI_REQUEST' } },
  'empty or doubled names': {
    reason: 'an empty DNS name is no name, and the same name twice says nothing more',
    how: { lines: alternativeNames },
  },
  'doubled usages': {
    reason: 'cfssl writes email protection twice for its two names',
    how: { lines: /^extension 2\.5\.29\.37 / },
  },
  'spaces in -hostname': {
    reason: 'cfssl takes the space after a comma into the name',
    how: { lines: alternativeNames },
  },
  'same name as its authority': {
    reason: 'Go then leaves out whose key signed; openssl -x509_strict refuses that',
    how: { lines: /^extension 2\.5\.29\.35 / },
  },
  'hostname of selfsign': {
    reason:
      'cfssl asks for the name and does not use it; and it gives the certificate five minutes more than was asked for',
    how: { lines: alternativeNames },
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceName = keyof typeof differences;
