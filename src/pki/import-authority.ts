import { type AuthorityName, authorityNames, offlineSigner } from './authority.ts';
import { addBrought } from './brought.ts';
import { type Certificate, readCertificates } from './certificate.ts';
import { type BroughtAuthority, type GoodAuthority, judgeAuthority, type JudgeOptions } from './judge-authority.ts';
import { wasComplete } from './once.ts';
import { pkiError } from './pki-error.ts';
import type { Store } from './store.ts';

/**
 * Puts an authority that was made elsewhere into a store that has none of this name yet.
 *
 * @throws K8supError `PKI_THERE`, `PKI_OFFLINE`, `PKI_IMPORT` with everything that is wrong.
 */
export async function importAuthority(
  store: Store,
  name: AuthorityName,
  brought: BroughtAuthority,
  options: JudgeOptions,
): Promise<readonly Certificate[]> {
  if ((await wasComplete(store)) || (await store.has(`${name}.pem`)) || (await store.has(`${name}-key.pem`))) {
    throw pkiError('PKI_THERE', `the store has its authorities already; ${name} is not replaced`, {
      why: `${store.dir} was in use before: whatever trusts the old one would be locked out`,
      fix: `bring authorities before the first apply; a living cluster gets another one by  k8sup certs rotate-ca ${name.replace(/-ca$/, '')} --cert FILE --key FILE`,
    });
  }
  const { texts, certificates } = await judgeOrThrow(store, name, brought, options);
  await writeAuthority(store, name, { texts, certificates });
  return certificates;
}

/** @throws K8supError `PKI_OFFLINE`, `PKI_IMPORT`. */
export async function judgeOrThrow(
  store: Store,
  name: AuthorityName,
  brought: BroughtAuthority,
  options: JudgeOptions,
): Promise<GoodAuthority> {
  if (name === 'kubernetes-ca' && brought.key === undefined) throw offlineSigner(name);
  const judged = judgeAuthority(brought, options);
  const related =
    'texts' in judged
      ? [
          ...(await sameAsOwn(store, name, judged)),
          ...relations(name, judged.certificates, await othersIn(store, name)),
        ]
      : [];
  if ('texts' in judged && related.length === 0) return judged;
  throw importRefused(name, 'problems' in judged ? judged.problems : related);
}

/** An exchange by the same key would take no trust from whoever has it. */
async function sameAsOwn(
  store: Store,
  name: AuthorityName,
  { certificates }: GoodAuthority,
): Promise<readonly string[]> {
  const [own] = readCertificates((await store.read(`${name}.pem`)) ?? '', name);
  if (own === undefined || certificates[0]?.publicKey.equals(own.publicKey) !== true) return [];
  return [`it has the same key as the ${name} that is in use: an exchange is for another key`];
}

/** Puts one that was judged good into the store, and remembers that it was brought. */
export async function writeAuthority(
  store: Store,
  name: AuthorityName,
  { texts: [cert, key], certificates }: GoodAuthority,
): Promise<void> {
  await addBrought(store, certificates.slice(0, 1));
  await store.write([
    { name: `${name}-key.pem`, text: key },
    { name: `${name}.pem`, text: cert },
  ]);
}

/** `PKI_IMPORT`, with everything that is wrong. */
export function importRefused(what: string, problems: readonly string[]): Error {
  return pkiError('PKI_IMPORT', `${what} cannot be brought as it is; nothing was written`, {
    why: problems.join('\n'),
    fix: 'put right what is named, and run the same command again',
  });
}

/** That authorities of one cluster must not be able to let each other's clients in. */
export function relations(
  name: AuthorityName,
  certificates: readonly Certificate[],
  others: ReadonlyMap<string, readonly Certificate[]>,
): readonly string[] {
  const holds = (chain: readonly Certificate[], one: Certificate | undefined): boolean =>
    one !== undefined && chain.some(({ publicKey }) => publicKey.equals(one.publicKey));
  return [...others].flatMap(([other, chain]) => {
    if (chain[0]?.publicKey.equals(certificates[0]?.publicKey ?? chain[0].publicKey) === true) {
      return [
        `it has the same key as ${other}: whom the one signs the other would let in, each authority needs a key of its own`,
      ];
    }
    if (holds(certificates, chain[0])) return [`${other} signed it, and would let in whom ${name} signs`];
    if (holds(chain, certificates[0])) return [`it signed ${other}, and would let in whom ${other} signs`];
    return [];
  });
}

/** The authorities that the store has, besides this one, and those that take their place in an exchange, each with those above it. */
export async function othersIn(
  store: Store,
  name: AuthorityName | undefined,
): Promise<ReadonlyMap<string, readonly Certificate[]>> {
  const files = authorityNames
    .filter((other) => other !== name)
    .flatMap((other) => [[other, `${other}.pem`] as const, [`the next ${other}`, `next/${other}.pem`] as const]);
  const found = await Promise.all(
    files.map(async ([other, file]) => [other, readCertificates((await store.read(file)) ?? '', other)] as const),
  );
  return new Map(found.filter(([, certificates]) => certificates.length > 0));
}
