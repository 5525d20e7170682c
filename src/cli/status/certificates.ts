import type { RunContext } from '../../engine/run-context.ts';
import type { CertificateStatus } from '../../engine/events.ts';
import { authoritiesInUse, daysLeft, isNearEnd } from '../../pki/index.ts';
import type { KubeletCertificate, LookedAtHost } from './hosts.ts';

/** Days left of every certificate: those that k8sup made, from its store, and the kubelets' own, from the hosts. */
export function certificateStatus(
  context: Pick<RunContext, 'pki'>,
  hosts: readonly LookedAtHost[],
  now = new Date(),
): readonly CertificateStatus[] {
  const { authorities, leaves } = context.pki;
  if (authorities.pending) return [];
  const own = [
    ...authoritiesInUse(context.pki).map(({ name, certificate }) => ({ name, where: 'authority', life: certificate })),
    ...leaves.flatMap(({ name, host, pending, replaces, ...leaf }) => {
      // Looking makes a new one in memory in place of one that an apply would replace, which is the one to tell of.
      const life = pending ? replaces : leaf;
      return life === undefined ? [] : [{ name, where: host ?? 'all', life }];
    }),
  ];
  return [
    ...own.map(({ name, where, life }) => ({
      name,
      where,
      daysLeft: daysLeft(life, now),
      nearEnd: isNearEnd(life, now),
    })),
    ...hosts.flatMap(({ status, kubeletCertificates }) =>
      kubeletCertificates.map((one) => ({
        name: one.name,
        where: status.name,
        daysLeft: daysLeft(one, now),
        nearEnd: isOverdue(one, now),
      })),
    ),
  ];
}

/** A kubelet asks for its next one when 70 to 90 % of the life are over (k8s.io/client-go/util/certificate). */
function isOverdue({ notBefore, notAfter }: KubeletCertificate, now: Date): boolean {
  return notAfter.getTime() - now.getTime() < (notAfter.getTime() - notBefore.getTime()) / 10;
}
