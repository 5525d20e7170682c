import { createPublicKey } from 'node:crypto';

import type { K8supError } from '../errors/k8sup-error.ts';
import { readRequest } from './cfssl/sign.ts';
import { extensionOids, extensionsFor } from './der/extensions.ts';
import type { StoreFile } from './folder.ts';
import { generateKey, keyIdOf, keySpecOf, privateKeyPem, readPrivateKey, sameSpec } from './keys.ts';
import { pkiError } from './pki-error.ts';
import { createRequest, type RequestContent } from './request.ts';
import type { Store } from './store.ts';
import { leafName, type WantedLeaf } from './wanted-leaves.ts';

/** A request that waits for an authority whose key is kept elsewhere. */
export interface WaitingRequest {
  readonly wanted: WantedLeaf;
  /** File name without its ending. */
  readonly name: string;
  readonly csrPem: string;
}

/** Folder of the store that may be carried away: it holds no key. */
export const requestsFolder = 'requests';

/**
 * Requests for these leaves in the store's folder of requests, with word on how to sign them; the new keys stay in the store, apart from those in use.
 * A request that is there and still asks for the same is kept, so that one that was carried away already stays good.
 *
 * @param leaves - all of {@link askedFor}: the word is on them alone.
 */
export async function writeRequests(store: Store, leaves: readonly WantedLeaf[]): Promise<readonly WaitingRequest[]> {
  const requests = await Promise.all(
    leaves.map(async (wanted): Promise<WaitingRequest> => {
      return { wanted, name: requestName(wanted), csrPem: await ensureRequest(store, wanted) };
    }),
  );
  if (requests.length > 0) {
    await store.write(guideFiles(requests).map(({ name, text }) => ({ name: `${requestsFolder}/${name}`, text })));
  }
  return requests;
}

/** Those that must be asked for, and those that were: a renewal asks for what is still good. */
export async function askedFor<T extends { readonly wanted: WantedLeaf; readonly waiting: unknown }>(
  store: Store,
  leaves: readonly T[],
): Promise<readonly T[]> {
  const asked = leaves
    .filter(({ wanted }) => wanted.authority.key === undefined)
    .map(async (leaf) => (leaf.waiting !== undefined || (await store.has(fileNames(leaf.wanted).key)) ? [leaf] : []));
  return (await Promise.all(asked)).flat();
}

/** What is carried to where the key is: no secret. */
export function requestFiles(requests: readonly WaitingRequest[]): readonly StoreFile[] {
  return [...requests.map(({ name, csrPem }) => ({ name: `${name}.csr`, text: csrPem })), ...guideFiles(requests)];
}

/** The key that the request of a leaf was made with; undefined where none waits. */
export async function waitingKey(store: Store, wanted: WantedLeaf): Promise<string | undefined> {
  return store.read(fileNames(wanted).key);
}

/** The files of a request that was answered. */
export function answeredFiles(wanted: WantedLeaf): readonly string[] {
  const { key, csr } = fileNames(wanted);
  return [key, csr];
}

/** A leaf that waits, as people are told of it. */
export interface WaitingLeaf {
  readonly what: string;
  readonly authority: string;
}

/**
 * What a command says that cannot go on without them.
 *
 * @param dir - where the requests are; undefined where they were not written.
 * @param then - what is to be done when they are signed.
 */
export function requestsWait(
  leaves: readonly WaitingLeaf[],
  dir: string | undefined,
  then = 'run the same command again',
): K8supError {
  return pkiError('PKI_REQUESTS', `${waitText(leaves)}; no host was changed`, {
    why: leaves.map(({ what }) => what).join(', '),
    fix:
      dir === undefined
        ? 'k8sup certs requests  writes the requests, and says how to sign them'
        : `${howToSign(dir)}, then ${then}`,
  });
}

/** How many wait, and for whom. */
export function waitText(leaves: readonly WaitingLeaf[]): string {
  const authorities = [...new Set(leaves.map(({ authority }) => authority))].join(' and ');
  const count = leaves.length === 1 ? '1 certificate waits' : `${String(leaves.length)} certificates wait`;
  return `${count} to be signed by ${authorities}, whose key is kept elsewhere`;
}

/** The way of requests in a folder. */
export function howToSign(dir: string): string {
  return `carry ${dir} to where the key is, sign each request there as its README.txt says (k8sup pki sign, cfssl or openssl), take what was signed into the store by  k8sup certs import FOLDER`;
}

function requestName({ place }: WantedLeaf): string {
  return place.host === undefined ? place.kind.name : `${place.kind.name}.${place.host.name}`;
}

function fileNames(wanted: WantedLeaf): { readonly key: string; readonly csr: string } {
  return { key: `waiting/${wanted.place.id}-key.pem`, csr: `${requestsFolder}/${requestName(wanted)}.csr` };
}

async function ensureRequest(store: Store, wanted: WantedLeaf): Promise<string> {
  const { key: keyFile, csr: csrFile } = fileNames(wanted);
  const [keyPem, csrPem] = await Promise.all([store.read(keyFile), store.read(csrFile)]);
  const kept = keyPem === undefined ? undefined : readPrivateKey(keyPem, store.path(keyFile));
  const key = kept && sameSpec(keySpecOf(kept, keyFile), wanted.key) ? kept : await generateKey(wanted.key);
  const made = await createRequest(contentOf(wanted, keyIdOf(createPublicKey(key))), key);
  if (key === kept && csrPem !== undefined && asksTheSame(csrPem, made)) return csrPem;
  await store.write([
    { name: keyFile, text: privateKeyPem(key) },
    { name: csrFile, text: made },
  ]);
  return made;
}

/** Usages too, so that a signer that copies what is asked for needs no configuration. */
function contentOf({ content }: WantedLeaf, subjectKeyId: Buffer): RequestContent {
  const { keyUsage, extendedKeyUsage } = extensionOids;
  const more = extensionsFor({ ...content, subjectKeyId, emptySubject: false }).filter(
    ({ oid }) => oid === keyUsage || oid === extendedKeyUsage,
  );
  return { subject: content.subject, names: content.names, more };
}

function asksTheSame(one: string, other: string): boolean {
  const asked = (text: string): string => {
    const { subject, extensions, publicKey } = readRequest({ name: 'a request', text }).request;
    const values = extensions.map(({ oid, value }) => [oid, value.toString('hex')]);
    return JSON.stringify([subject, values, publicKey.export({ format: 'jwk' })]);
  };
  return asked(one) === asked(other);
}

/** The profiles that cfssl and `k8sup pki sign` need, and the lines to type. */
function guideFiles(requests: readonly WaitingRequest[]): readonly StoreFile[] {
  return [
    { name: 'ca-config.json', text: `${JSON.stringify(configOf(requests), undefined, 2)}\n` },
    { name: 'README.txt', text: guide(requests) },
  ];
}

function configOf(requests: readonly WaitingRequest[]): object {
  const hours = Math.floor(Math.max(...requests.map(({ wanted }) => wanted.lifetimeMs)) / 3_600_000);
  const expiry = `${String(hours)}h`;
  const profiles = requests.map(({ wanted }) => [
    wanted.place.kind.profile,
    { usages: wanted.content.usages, expiry },
  ]) as readonly (readonly [string, object])[];
  return { signing: { default: { expiry }, profiles: Object.fromEntries(profiles) } };
}

function guide(requests: readonly WaitingRequest[]): string {
  const days = Math.floor(Math.max(...requests.map(({ wanted }) => wanted.lifetimeMs)) / 86_400_000);
  const lines = requests.flatMap(({ wanted, name }) => {
    const { name: authority } = wanted.authority;
    const { profile } = wanted.place.kind;
    const ca = `-ca ${authority}.pem -ca-key ${authority}-key.pem -config ca-config.json -profile ${profile}`;
    return [
      `${leafName(wanted.place)}: ${wanted.place.kind.purpose}`,
      `  k8sup pki sign ${ca} --bare ${name} ${name}.csr`,
      `  cfssl sign ${ca} ${name}.csr | cfssljson -bare ${name}`,
      `  openssl x509 -req -in ${name}.csr -CA ${authority}.pem -CAkey ${authority}-key.pem -CAcreateserial -days ${String(days)} -copy_extensions copy -out ${name}.pem`,
      '',
    ];
  });
  return [
    'Requests for certificates, to be signed where the key of the authority is. No file here is a secret.',
    'Put the certificate and the key of the authority beside them, and type one line for each request (openssl from 3.0 on):',
    '',
    ...lines,
    'Then, where the cluster is installed from, with this folder:  k8sup certs import FOLDER',
    '',
  ].join('\n');
}
