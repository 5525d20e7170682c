import { rotationCommands } from '../cli/rotations.ts';
import { certificateFile, certificatePlaces, kubeletPlaces, trustPlaces } from '../components/certificate-places.ts';
import type { CertificatePlace } from '../components/certificate-places.ts';
import { kubeFiles, kubePki } from '../components/paths.ts';
import { standard } from '../inventory/defaults.ts';
import type { Role } from '../inventory/model.ts';
import { authorityNames, leafKinds } from '../pki/index.ts';
import type { AuthorityName, LeafKind, Rotatable } from '../pki/index.ts';
import { cell, code, markdownTable } from './markdown.ts';

/** Every certificate and key of a cluster: who signs it, where it lies, how long it lives, how it is made anew, and how a new one comes into use. */
export function certificateReference(): string {
  const once = markdownTable(
    ['Authority or key', 'For', 'On hosts', 'Lives', 'Exchanged by'],
    [...authorityNames.map(authorityRow), ...keys],
  );
  const leaves = markdownTable(
    ['Certificate', 'Signed by', 'Held by', 'Where', 'Lives', 'Renewed', 'A new one is read', 'For'],
    [...leafKinds.map(leafRow), ...kubelets()],
  );
  return `Made once, in the store; an apply never replaces one:\n\n${once}\n\nSigned by these, and renewed:\n\n${leaves}`;
}

const purposes: Readonly<Record<AuthorityName, string>> = {
  'kubernetes-ca':
    "apiservers, kubelets, and all who talk to apiservers; its key is on masters, which sign kubelets' certificates and users'",
  'etcd-ca': 'etcd members, and all who talk to them',
  'front-proxy-ca': 'the apiserver, where it speaks for users to servers behind the aggregation layer',
};

function authorityRow(name: AuthorityName): readonly string[] {
  const files = [...new Set(trustPlaces.filter(({ authority }) => authority === name).map(({ path }) => path))];
  const withKey = name === 'kubernetes-ca' ? [...files, kubePki.caKey] : files;
  return [name, purposes[name], withKey.map(code).join(', '), life('caLifetime'), exchange(name)];
}

const keys = [
  keyRow('service-account', 'signs tokens of service accounts', [kubePki.serviceAccountKey, kubePki.serviceAccountPub]),
  keyRow('encryption-key', 'encrypts Secrets in etcd', [kubeFiles.encryption]),
];

function keyRow(name: Rotatable, purpose: string, files: readonly string[]): readonly string[] {
  return [name, purpose, files.map(code).join(', '), 'without an end', exchange(name)];
}

function exchange(what: Rotatable): string {
  return code(`k8sup certs ${rotationCommands[what]}`);
}

function leafRow(kind: LeafKind): readonly string[] {
  const renewed = `by apply, or ${code(`certs renew ${kind.name}`)}`;
  const about = [kind.name, kind.ca, holders(kind.on, kind.each)] as const;
  if (kind.name === 'admin') {
    const where = code('.k8sup/CLUSTER/pki/admin.pem');
    return [
      ...about,
      where,
      life('leafLifetime'),
      renewed,
      'by the next `k8sup kubectl` or `kubeconfig`',
      cell(kind.purpose),
    ];
  }
  return [...about, ...placed(certificatePlaces[kind.name], life('leafLifetime'), renewed), cell(kind.purpose)];
}

function kubelets(): readonly (readonly string[])[] {
  const { 'kubelet-client': client, 'kubelet-server': server } = kubeletPlaces(standard.kubelet.rootDir);
  const about = (name: string) => [name, 'kubernetes-ca, by the cluster', holders(['master', 'node'], 'host')] as const;
  const renewed = 'by the kubelet, or `certs renew kubelet`';
  return [
    [...about('kubelet-client'), ...placed(client, life('nodeLifetime'), renewed), 'kubelet to apiserver'],
    [...about('kubelet-server'), ...placed(server, life('nodeLifetime'), renewed), "the kubelet's own port"],
  ];
}

function placed(place: CertificatePlace, lives: string, renewed: string): readonly string[] {
  const service = place.unit.replace(/\.service$/, '');
  const read = place.taken === 'restart' ? `when ${service} is restarted` : `by ${service} at the next connection`;
  return [code(certificateFile(place)), lives, renewed, read];
}

function holders(on: readonly Role[], each: LeafKind['each']): string {
  const names = { etcd: 'etcd members', master: 'masters', node: 'nodes', container: 'container hosts' } as const;
  if (on.length === 0) return 'the controller alone';
  return `${on.map((role) => names[role]).join(', ')}${each === 'host' ? ', each its own' : ', the same'}`;
}

/** A key of `cluster.certificates`, with its default. */
function life(key: keyof typeof standard.certificates): string {
  const years = Number.parseInt(standard.certificates[key], 10) / 8760;
  return `${code(key)}: ${years === 1 ? 'a year' : `${String(years)} years`}`;
}
