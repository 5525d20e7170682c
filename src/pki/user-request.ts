import { noNames } from './der/alternative-names.ts';
import { generateKey, privateKeyPem } from './keys.ts';
import { createRequest } from './request.ts';

/** A new key with the request for a certificate of a person or program: its CN is the user, each O is a group. */
export async function userRequest(
  user: string,
  groups: readonly string[],
): Promise<{ readonly requestPem: string; readonly keyPem: string }> {
  const key = await generateKey({ algo: 'ecdsa', size: 256 });
  const requestPem = await createRequest(
    { subject: { commonName: user, organization: [...groups] }, names: noNames },
    key,
  );
  return { requestPem, keyPem: privateKeyPem(key) };
}
