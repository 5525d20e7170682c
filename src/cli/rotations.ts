import type { RunContext } from '../engine/run-context.ts';
import type { Phase, Rotatable } from '../pki/index.ts';

/** What each phase of an exchange of keys is, for people. */
export const phaseMeaning: Readonly<Record<Phase, string>> = {
  trust: '1 of 3: the next one is trusted beside the one in use',
  issue: '2 of 3: the next one comes into use, the old one is still trusted',
  drop: '3 of 3: the old one is trusted no more',
};

/**
 * Warns of every exchange of keys that somebody began and did not end: until then more is trusted than has to be.
 *
 * @param own - what the command exchanges itself.
 */
export function warnOfRotations({ pki, emit }: Pick<RunContext, 'pki' | 'emit'>, own?: Rotatable): void {
  for (const [what, { phase, settled }] of pki.authorities.rotations) {
    if (what === own) continue;
    const since = settled === undefined ? 'not ended yet' : `in force since ${settled}`;
    emit({
      type: 'warning',
      text: `${what} is being exchanged, step ${phaseMeaning[phase]} (${since}); go on by  k8sup certs ${rotationCommands[what]}`,
    });
  }
}

/** The words behind `k8sup certs` that exchange each. */
export const rotationCommands: Readonly<Record<Rotatable, string>> = {
  'kubernetes-ca': 'rotate-ca kubernetes',
  'etcd-ca': 'rotate-ca etcd',
  'front-proxy-ca': 'rotate-ca front-proxy',
  'service-account': 'rotate-sa-key',
  'encryption-key': 'rotate-encryption-key',
};
