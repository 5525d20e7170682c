import type { Emit } from '../../engine/events.ts';
import type { Session } from '../session.ts';

/** Warns where none of the hosts that answer has a cluster on it: all that is then told as not healthy was never set up, or is cleaned. */
export function warnOfNoCluster({ allFacts }: Pick<Session, 'allFacts'>, emit: Emit): void {
  const facts = [...allFacts.values()];
  if (facts.length === 0 || facts.some(({ clusterName }) => clusterName !== undefined)) return;
  emit({
    type: 'warning',
    text: 'no host has a cluster on it: it was not applied yet, or was cleaned;  k8sup apply  sets it up',
  });
}
