import type { RunContext } from '../engine/run-context.ts';

const warnBelowDays = 90;
const dayMs = 86_400_000;

/** Warns of every certificate of the cluster that ends in less than 90 days; kubelets renew their client certificates by
 * themselves. */
export function warnOfExpiry(context: RunContext): void {
  const now = Date.now();
  const days = (end: Date): number => Math.floor((end.getTime() - now) / dayMs);
  const { authorities, leaves } = context.pki;
  const all = [
    ...Object.values(authorities.ca).map((ca) => ({
      name: ca.name,
      host: undefined,
      left: days(ca.certificate.notAfter),
    })),
    ...leaves.map((leaf) => ({ name: leaf.name, host: leaf.host, left: days(leaf.notAfter) })),
  ];
  for (const { name, host, left } of all) {
    // A short life that the user asked for is no news at every run; the last third of it is.
    const limit = Math.min(warnBelowDays, Math.ceil(context.inventory.cluster.lifetimes.leafHours / 72));
    if (left >= limit) continue;
    context.emit({
      type: 'warning',
      ...(host === undefined ? {} : { host }),
      text: `the certificate ${name} ends in ${left} days`,
    });
  }
}
