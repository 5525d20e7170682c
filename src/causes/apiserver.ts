import type { KnownCause } from './known-cause.ts';

export const apiserverCauses: readonly KnownCause[] = [
  {
    code: 'ENCRYPTION_KEY_LOST',
    pattern: /no matching (key was|prefix) found( for the provided \w+ transformer)?/,
    cause: 'Secrets in etcd are encrypted with a key that the apiserver does not have',
    fix: 'put the former key back into .k8sup/CLUSTER/pki (a copy of that folder has it); then  k8sup apply',
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/',
  },
  {
    code: 'ENCRYPTION_FILE',
    pattern: /error (while parsing|decoding) encryption provider configuration file/,
    cause: "the apiserver's file of encryption providers cannot be read",
    fix: 'if somebody edited it on the host:  k8sup apply  writes it anew;  k8sup plan --diff  shows what differs',
    source: 'https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/',
  },
  {
    code: 'UNKNOWN_ADMISSION_PLUGIN',
    pattern: /(enable|disable)-admission-plugins plugin \\?"\S+\\?" is unknown/,
    cause: 'this release of the apiserver has no admission plugin of that name',
    fix: 'correct it in cluster.apiserver.extraArgs of the inventory:  k8sup explain kube-apiserver  shows where it comes from',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/',
  },
  {
    code: 'UNKNOWN_FEATURE_GATE',
    pattern: /unrecognized feature gate: /,
    cause: 'this release has no feature gate of that name: it never had it, or it is always on by now',
    fix: 'take it out of extraArgs or extraConfig in the inventory:  k8sup explain UNIT --host HOST  shows where it comes from',
    source: 'https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/',
  },
  {
    code: 'ETCD_UNREACHABLE',
    pattern:
      /createTransport failed to connect to \{.*:2379.*connection refused|error creating storage factory: context deadline exceeded/,
    cause: 'the apiserver does not reach etcd',
    fix: 'on the etcd hosts:  systemctl status etcd ; port 2379 must be open from the masters',
    source: 'https://etcd.io/docs/v3.6/op-guide/failures/',
    weak: true,
  },
  {
    code: 'CREDENTIALS_REFUSED',
    pattern: /failed to list \*v1\.\w+: Unauthorized|You must be logged in to the server/,
    cause:
      'the apiserver does not take the certificate or token: it is expired, or of an authority that it does not know',
    fix: 'k8sup status  shows certificates and their ends;  k8sup apply  renews them',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/authentication/',
    weak: true,
  },
  {
    code: 'APISERVER_UNREACHABLE',
    pattern: /dial tcp \S+:6443: connect: (connection refused|no route to host|connection timed out)/,
    cause: 'the apiserver does not answer at its address',
    fix: 'on the masters:  systemctl status kube-apiserver ; port 6443 must be open from this host',
    source: 'https://kubernetes.io/docs/reference/networking/ports-and-protocols/',
    weak: true,
  },
];
