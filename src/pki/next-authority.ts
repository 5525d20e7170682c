import type { AuthorityName } from './authority.ts';
import { addBrought, isBrought, readBrought } from './brought.ts';
import { readCertificate } from './certificate.ts';
import { judgeOrThrow } from './import-authority.ts';
import type { BroughtAuthority, JudgeOptions } from './judge-authority.ts';
import { type Kept, startRotation } from './kept.ts';
import { pkiError } from './pki-error.ts';
import type { Store } from './store.ts';

/** By what an authority is to be exchanged. */
export type NextAuthority =
  | { readonly by: 'brought'; readonly brought: BroughtAuthority }
  /** By one that is made here, also where the old one was brought. */
  | { readonly by: 'made' }
  | { readonly by: 'default' };

/**
 * Begins the exchange of an authority.
 *
 * @throws K8supError `PKI_BROUGHT` where the old one was brought and nobody said by what it is to be exchanged, and those of {@link judgeOrThrow}.
 */
export async function startAuthorityRotation(
  store: Store,
  kept: Kept<unknown> & { readonly name: AuthorityName },
  next: NextAuthority,
  options: JudgeOptions,
): Promise<void> {
  if (next.by === 'brought') {
    const { texts, certificates } = await judgeOrThrow(store, kept.name, next.brought, options);
    await addBrought(store, certificates.slice(0, 1));
    return startRotation(store, { ...kept, create: () => Promise.resolve(texts) });
  }
  if (next.by === 'default') await refuseBrought(store, kept.name);
  return startRotation(store, kept);
}

async function refuseBrought(store: Store, name: AuthorityName): Promise<void> {
  const file = `${name}.pem`;
  const text = await store.read(file);
  if (text === undefined || !isBrought(await readBrought(store), readCertificate(text, store.path(file)))) return;
  const command = `k8sup certs rotate-ca ${name.replace(/-ca$/, '')}`;
  throw pkiError('PKI_BROUGHT', `${name} was not made by k8sup, which cannot make the next one of its kind`, {
    why: 'it was brought from elsewhere, and so is whatever trusts it',
    fix: `bring the next one: ${command} --cert FILE --key FILE --chain FILE; or exchange it for one that k8sup makes: ${command} --self-signed`,
  });
}
