import type { RunContext } from '../engine/run-context.ts';
import { authoritiesInUse, commonNameOf, daysLeft, isNearEnd } from '../pki/index.ts';

/**
 * Warns of every certificate of k8sup's own that is near its end although this apply made anew what it could: authorities, and what cannot outlive
 * them. Those of kubelets are left to `status`, since an apply does not read them.
 */
export function warnOfExpiry(context: Pick<RunContext, 'pki' | 'emit'>, now = new Date()): void {
  const { leaves } = context.pki;
  const all = [
    ...authoritiesInUse(context.pki).flatMap(({ name, certificate, chain }) => [
      { name, host: undefined, life: certificate, waiting: undefined },
      ...chain.map((above) => ({
        ...{ name: `${commonNameOf(above.subject)} above ${name}`, host: undefined, life: above, waiting: undefined },
      })),
    ]),
    ...leaves.map((leaf) => ({ name: leaf.name, host: leaf.host, life: leaf, waiting: leaf.waiting })),
  ];
  for (const { name, host, life, waiting } of all) {
    if (!isNearEnd(life, now)) continue;
    context.emit({
      type: 'warning',
      ...(host === undefined ? {} : { host }),
      text: `the certificate ${name} ends in ${String(daysLeft(life, now))} days${waiting === undefined ? '' : ': its request waits to be signed, see  k8sup certs requests'}`,
    });
  }
}
