import type { CertificateRow } from '../../engine/events.ts';
import type { Host } from '../../inventory/model.ts';
import { authoritiesInUse, commonNameOf, daysLeft, readCertificate, readCertificates } from '../../pki/index.ts';
import type { Certificate, ClusterPki } from '../../pki/index.ts';
import type { FoundPlace } from './read-hosts.ts';

/** Authorities and the certificates that stay on the controller; none where the cluster was never applied from here. */
export function storeRows(pki: ClusterPki): readonly CertificateRow[] {
  if (pki.authorities.pending) return [];
  const authorities = authoritiesInUse(pki).map(({ name, certPath, certPem, chain }) => ({
    name,
    path: certPath,
    pem: [certPem, ...chain.map((above) => above.pem)].join(''),
  }));
  // Those of hosts are in use there, and told from there.
  const leaves = pki.leaves.flatMap(({ name, host, certPath, pending, replaces, ...leaf }) => {
    // Looking makes a new one in memory in place of one that an apply would replace, which is the one to tell of.
    const stored = pending ? replaces : leaf;
    if (host !== undefined || stored === undefined) return [];
    return [{ name, path: certPath, pem: readCertificate(stored.certPem, certPath).pem }];
  });
  return [...authorities, ...leaves].flatMap(({ name, path, pem }) =>
    readCertificates(pem, path).map((certificate) =>
      rowOf({ name, where: 'controller', path, use: 'in use' }, certificate),
    ),
  );
}

/** What was found on hosts, with what is served there and lies in no file any more. */
export function hostRows(found: ReadonlyMap<Host, readonly FoundPlace[]>): readonly CertificateRow[] {
  return [...found].flatMap(([host, places]) => places.flatMap((place) => rowsOf(host, place)));
}

/** What is being exchanged, and in which phase that is. */
export function rotationsOf({ authorities }: ClusterPki): Readonly<Record<string, string>> {
  return Object.fromEntries([...authorities.rotations].map(([name, { phase }]) => [name, phase]));
}

/** What is served may be older than the file, and then it is a certificate of its own. */
function rowsOf(host: Host, { name, path, pem, served, use }: FoundPlace): readonly CertificateRow[] {
  const about = { name, where: host.name, path };
  const live = served === undefined ? [] : readCertificates(served, `what ${host.name} serves`).slice(0, 1);
  const all = pem === '' ? [] : readCertificates(pem, path);
  // Behind a leaf come the authorities that it is served with; they are told where they are trusted.
  const disk = all[0]?.ca === undefined ? all.slice(0, 1) : all;
  const isLive = (certificate: Certificate): boolean => live.some(({ der }) => der.equals(certificate.der));
  const rows = disk.map((certificate) => {
    const inUse = live.length > 0 ? isLive(certificate) : use === 'yes';
    return rowOf({ ...about, use: inUse ? 'in use' : use === 'unknown' ? 'unknown' : 'on disk only' }, certificate);
  });
  const other = live.filter(({ der }) => !disk.some((certificate) => certificate.der.equals(der)));
  return [...rows, ...other.map((certificate) => rowOf({ ...about, use: 'served, not on disk' }, certificate))];
}

function rowOf(
  about: Pick<CertificateRow, 'name' | 'where' | 'path' | 'use'>,
  certificate: Certificate,
): CertificateRow {
  const { dnsNames, ipAddresses } = certificate.names;
  return {
    ...about,
    subject: commonNameOf(certificate.subject),
    issuer: commonNameOf(certificate.issuer),
    names: [...dnsNames, ...ipAddresses],
    serial: certificate.serial.toString('hex'),
    notAfter: certificate.notAfter.toISOString(),
    daysLeft: daysLeft(certificate),
  };
}
