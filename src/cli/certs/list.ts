import type { CertificateRow } from '../../engine/events.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { exitCodes } from '../../errors/k8sup-error.ts';
import type { Host } from '../../inventory/model.ts';
import { authoritiesInUse, commonNameOf, daysLeft, readCertificates } from '../../pki/index.ts';
import type { Certificate } from '../../pki/index.ts';
import { renderCertificates } from '../../report/index.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { readHosts } from './read-hosts.ts';
import type { FoundPlace } from './read-hosts.ts';

export interface ListRequest {
  readonly inventory: string;
  readonly flags: RunFlags;
  /** Days; the exit code tells of certificates in use that have less. */
  readonly below: number;
}

/** `k8sup certs`: every certificate of the cluster, from the store, from the hosts, and as it is shown to whoever connects. */
export function listCertificates({ inventory, flags: given, below }: ListRequest, io: Io): Promise<number> {
  const flags = { ...given, output: given.output === 'json' ? 'json' : 'plain' } as const;
  const quiet = flags.output !== 'json';
  const spec = { command: 'certs', inventory, flags, writes: false, quiet, partial: true };
  return onHosts(spec, io, async (run, session) => {
    const context = await makeContext(run, session, 'plan');
    const rows = [...inStore(context), ...onHost(await readHosts(context))];
    const list = { certificates: rows, rotations: rotationsOf(context) };
    if (flags.output === 'json') run.emit({ type: 'certificates', ...list });
    else if (flags.quiet !== true) io.out.write(`${renderCertificates(list, below, io.out.columns ?? 120)}\n`);
    const ending = rows.some((row) => row.daysLeft < below && row.use !== 'on disk only');
    return ending ? exitCodes.expiring : exitCodes.ok;
  });
}

function inStore({ pki }: RunContext): readonly CertificateRow[] {
  if (pki.authorities.pending) return [];
  const authorities = authoritiesInUse(pki).map(({ name, certPath, certPem }) => ({
    name,
    path: certPath,
    pem: certPem,
  }));
  // Those of hosts are in use there, and told from there.
  const own = pki.leaves.filter(({ host, pending }) => host === undefined && !pending);
  const leaves = own.map(({ name, certPath, certPem }) => ({ name, path: certPath, pem: certPem }));
  return [...authorities, ...leaves].flatMap(({ name, path, pem }) =>
    readCertificates(pem, path).map((certificate) =>
      rowOf({ name, where: 'controller', path, use: 'in use' }, certificate),
    ),
  );
}

function onHost(found: ReadonlyMap<Host, readonly FoundPlace[]>): readonly CertificateRow[] {
  return [...found].flatMap(([host, places]) => places.flatMap((place) => rowsOf(host, place)));
}

/** What is served may be older than the file, and then it is a certificate of its own. */
function rowsOf(host: Host, { name, path, pem, served, use }: FoundPlace): readonly CertificateRow[] {
  const about = { name, where: host.name, path };
  const live = served === undefined ? [] : readCertificates(served, `what ${host.name} serves`).slice(0, 1);
  const disk = pem === '' ? [] : readCertificates(pem, path);
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

function rotationsOf({ pki }: RunContext): Readonly<Record<string, string>> {
  return Object.fromEntries([...pki.authorities.rotations].map(([name, { phase }]) => [name, phase]));
}
