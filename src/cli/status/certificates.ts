import type { RunContext } from '../../engine/run-context.ts';
import type { CertificateStatus } from '../../engine/events.ts';
import type { LookedAtHost } from './hosts.ts';

const dayMs = 86_400_000;

/** Days left of every certificate: those that k8sup made, from its store, and the kubelets' own, from the hosts. */
export function certificateStatus(context: RunContext, hosts: readonly LookedAtHost[]): readonly CertificateStatus[] {
  const days = (end: number): number => Math.floor((end - Date.now()) / dayMs);
  const { authorities, leaves } = context.pki;
  if (authorities.pending) return [];
  return [
    ...Object.values(authorities.ca).map((ca) => ({
      name: ca.name,
      where: 'authority',
      daysLeft: days(ca.certificate.notAfter.getTime()),
    })),
    ...leaves
      .filter(({ pending }) => !pending)
      .map((leaf) => ({ name: leaf.name, where: leaf.host ?? 'all', daysLeft: days(leaf.notAfter.getTime()) })),
    ...hosts.flatMap(({ status, kubeletCertificate }) =>
      kubeletCertificate === undefined
        ? []
        : [{ name: 'kubelet', where: status.name, daysLeft: days(Date.parse(kubeletCertificate)) }],
    ),
  ];
}
