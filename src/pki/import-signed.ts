import { createPublicKey } from 'node:crypto';

import { type Certificate, readCertificates } from './certificate.ts';
import type { JsonSource } from './cfssl/source.ts';
import { contentDifference, type Difference } from './judge-leaf.ts';
import { readPrivateKey } from './keys.ts';
import { leavesFirst } from './once.ts';
import { pkiError } from './pki-error.ts';
import { isNearEnd } from './renewal.ts';
import { answeredFiles, waitingKey } from './requests.ts';
import type { Store } from './store.ts';
import { leafFiles, leafName, type WantedLeaf } from './wanted-leaves.ts';

/** What came of certificates that were signed elsewhere, by what leaves are called. */
export interface SignedImport {
  readonly taken: readonly string[];
  /** Still waiting. */
  readonly waiting: readonly string[];
}

/** Signers' clocks and habits: certificates begin a little early. */
const slackMs = 3_600_000;

interface Request {
  readonly wanted: WantedLeaf;
  readonly keyPem: string;
}

/**
 * Takes certificates that answer requests into the store, each with the key that waited for it: all of them, or none.
 *
 * @param files - PEM texts; authorities among them are passed over, as are certificates that were taken before.
 * @throws K8supError `PKI_IMPORT` with everything that is wrong, `PKI_CERTIFICATE`.
 */
export async function importSigned(
  store: Store,
  wanted: readonly WantedLeaf[],
  { files, now }: { readonly files: readonly JsonSource[]; readonly now: Date },
): Promise<SignedImport> {
  const requests = await openRequests(store, wanted);
  const answers: { readonly request: Request; readonly certificate: Certificate; readonly file: string }[] = [];
  const problems: string[] = [];
  for (const { name: file, text } of files) {
    for (const certificate of readCertificates(text, file).filter(({ ca }) => ca === undefined)) {
      const request = requests.find(({ keyPem }) => createPublicKey(keyPem).equals(certificate.publicKey));
      if (request !== undefined) answers.push({ request, certificate, file });
      else if (!(await isHere(store, wanted, certificate))) problems.push(`${file}: it answers no request that waits`);
    }
  }
  for (const answer of answers) {
    const { request, certificate, file } = answer;
    const what = leafName(request.wanted.place);
    const wrong = answerDifference(certificate, request.wanted, now);
    if (wrong !== undefined) problems.push(`${file} (${what}): ${wrong}`);
    const others = answers.filter((other) => other.request === request && other !== answer);
    if (others.length > 0)
      problems.push(`${file} (${what}): ${others.map((other) => other.file).join(', ')} is for it too`);
  }
  if (problems.length > 0) throw refused(problems);
  for (const { request, certificate } of answers) await take(store, request, certificate);
  const answered = new Set(answers.map(({ request }) => request));
  return {
    taken: [...answered].map((request) => leafName(request.wanted.place)),
    waiting: requests.filter((request) => !answered.has(request)).map((request) => leafName(request.wanted.place)),
  };
}

async function openRequests(store: Store, wanted: readonly WantedLeaf[]): Promise<readonly Request[]> {
  const open = await Promise.all(
    wanted.map(async (one): Promise<readonly Request[]> => {
      const keyPem = await waitingKey(store, one);
      return keyPem === undefined ? [] : [{ wanted: one, keyPem }];
    }),
  );
  const requests = open.flat();
  for (const { wanted: one, keyPem } of requests) readPrivateKey(keyPem, `the key of ${leafName(one.place)}`);
  return requests;
}

async function isHere(store: Store, wanted: readonly WantedLeaf[], certificate: Certificate): Promise<boolean> {
  const stored = await Promise.all(wanted.map(({ place }) => store.read(leafFiles(place.id).cert)));
  return stored.some((text) => text?.includes(certificate.pem) === true);
}

function answerDifference(certificate: Certificate, wanted: WantedLeaf, now: Date): string | undefined {
  const { notBefore, notAfter } = certificate;
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  if (notBefore.getTime() > now.getTime() + slackMs) return `it is not valid before ${notBefore.toISOString()}`;
  if (notAfter <= now) return `it ended ${notAfter.toISOString()}`;
  const found = decoded(() => contentDifference(certificate, wanted, 'exact'));
  if (found !== undefined) return found.why;
  if (lifeMs > wanted.lifetimeMs + slackMs) {
    return `it lives ${hours(lifeMs)} hours, longer than the ${hours(wanted.lifetimeMs)} of cluster.certificates.leafLifetime`;
  }
  if (notAfter > wanted.authority.certificate.notAfter) return 'it lives longer than the authority that signed it';
  return isNearEnd(certificate, now)
    ? `it ends ${notAfter.toISOString()} already, and would be asked for again`
    : undefined;
}

function decoded(judge: () => Difference | undefined): Difference | undefined {
  try {
    return judge();
  } catch (error) {
    return { reason: 'unreadable', why: error instanceof Error ? error.message : String(error) };
  }
}

async function take(store: Store, { wanted, keyPem }: Request, certificate: Certificate): Promise<void> {
  const { cert, key } = leafFiles(wanted.place.id);
  await leavesFirst(store);
  await store.write([
    { name: key, text: keyPem },
    { name: cert, text: certificate.pem },
  ]);
  await store.remove(answeredFiles(wanted));
}

function refused(problems: readonly string[]): Error {
  return pkiError('PKI_IMPORT', 'certificates that were signed elsewhere are not what was asked for; none was taken', {
    why: problems.join('\n'),
    fix: 'have those requests signed again, by the authority whose certificate is in the store, as they are',
  });
}

function hours(ms: number): string {
  return String(Math.round(ms / 3_600_000));
}
