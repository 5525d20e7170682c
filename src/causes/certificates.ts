import type { KnownCause } from './known-cause.ts';

const page = 'https://kubernetes.io/docs/setup/best-practices/certificates/';

/** An apiserver also writes of clients that it refuses; those are no reason why it fails itself, so such lines are left out. */
export const certificateCauses: readonly KnownCause[] = [
  {
    code: 'CERTIFICATE_EXPIRED',
    pattern:
      /^(?!.*Unable to authenticate the request).*x509: certificate has expired or is not yet valid: current time \S+ is after /,
    cause: "a certificate has expired, or the host's clock is ahead",
    fix: 'k8sup status  shows certificates and their ends;  k8sup apply  renews them; compare  date -u  on the hosts',
    source: page,
  },
  {
    code: 'CLOCK_SKEW',
    pattern:
      /^(?!.*Unable to authenticate the request).*x509: certificate has expired or is not yet valid: current time \S+ is before /,
    cause: "the host's clock is behind: for it a certificate that is good begins in the future",
    fix: 'timedatectl  shows the clock; set it (chronyc makestep, or systemctl restart systemd-timesyncd), then run the same command again',
    source: 'https://pkg.go.dev/crypto/x509#InvalidReason',
  },
  {
    code: 'OTHER_AUTHORITY',
    pattern: /^(?!.*Unable to authenticate the request).*x509: certificate signed by unknown authority/,
    cause:
      'a certificate is of another authority than the one that is trusted: hosts hold those of different clusters, or of an earlier one',
    fix: 'k8sup plan --diff  shows which differ from .k8sup/CLUSTER/pki ;  k8sup apply  puts them right',
    source: page,
  },
  {
    code: 'CERTIFICATE_NAMES',
    pattern:
      /^(?!.*Unable to authenticate the request).*x509: certificate is (valid for .*, not |not valid for any names)/,
    cause: 'a certificate does not have the address or name that it is reached by',
    fix: 'add the name to the certificate names in the inventory, or reach it by one of those it has; then  k8sup apply',
    source: page,
  },
  {
    code: 'KEY_MISMATCH',
    pattern: /tls: private key does not match public key/,
    cause: 'a certificate and its key do not belong together',
    fix: 'k8sup apply  writes both anew;  k8sup plan --diff  shows which one differs',
    source: 'https://pkg.go.dev/crypto/tls#X509KeyPair',
  },
  {
    code: 'CERTIFICATE_REFUSED',
    pattern: /remote error: tls: (bad certificate|expired certificate|unknown certificate authority)/,
    cause: "the other side does not accept this one's certificate",
    fix: 'the journal of the other side says why: journalctl -u UNIT  there; dates, authority and names are what to look for',
    source: 'https://pkg.go.dev/crypto/tls#AlertError',
    weak: true,
  },
];
