import { createPublicKey, type KeyObject } from 'node:crypto';

import { readCertificate } from '../../../src/pki/certificate.ts';
import type { CaConstraint, Extension } from '../../../src/pki/der/extensions.ts';
import { namesOf, noNames } from '../../../src/pki/der/alternative-names.ts';
import type { Usage } from '../../../src/pki/der/usages.ts';
import { issueCertificate, selfSign } from '../../../src/pki/issue.ts';
import { generateKey, type KeySpec, privateKeyPem } from '../../../src/pki/keys.ts';
import { days, now } from './fixture.ts';

/** A certificate that was not made by k8sup, with its key. */
export interface Made {
  readonly certPem: string;
  readonly keyPem: string;
  readonly key: KeyObject;
}

export interface Wish {
  readonly name: string;
  readonly organization?: readonly string[];
  readonly key?: KeySpec | KeyObject;
  /** For authorities. */
  readonly ca?: CaConstraint;
  readonly usages?: readonly Usage[];
  readonly hosts?: readonly string[];
  readonly more?: readonly Extension[];
  /** From now on. */
  readonly days?: number;
  readonly at?: Date;
}

const authorityUsages = ['cert sign', 'crl sign'] as const;

/** A root: one that signs itself. */
export async function root(wish: Wish): Promise<Made> {
  const key = await keyOf(wish);
  const content = { ...contentOf(wish), ca: wish.ca ?? {}, usages: wish.usages ?? authorityUsages };
  return { certPem: await selfSign(content, key, lifeOf(wish)), keyPem: privateKeyPem(key), key };
}

/** An authority below another one. */
export async function below(issuer: Made, wish: Wish): Promise<Made> {
  return signed(issuer, { ...wish, ca: wish.ca ?? {}, usages: wish.usages ?? authorityUsages });
}

/** Whatever is wished, signed by an authority. */
export async function signed(issuer: Made, wish: Wish): Promise<Made> {
  const key = await keyOf(wish);
  const certPem = await issueCertificate(contentOf(wish), createPublicKey(key), {
    issuer: { certificate: readCertificate(issuer.certPem, 'the issuer'), key: issuer.key },
    validity: lifeOf(wish),
  });
  return { certPem, keyPem: privateKeyPem(key), key };
}

async function keyOf({ key = { algo: 'ecdsa', size: 256 } }: Wish): Promise<KeyObject> {
  return 'algo' in key ? generateKey(key) : key;
}

function contentOf({ name, organization = [], usages = [], hosts, ca, more = [] }: Wish) {
  return {
    ...{ subject: { commonName: name, organization }, usages, more },
    names: hosts === undefined ? noNames : namesOf(hosts),
    ...(ca === undefined ? {} : { ca }),
  };
}

function lifeOf({ days: life = 3000, at: asked = now }: Wish) {
  // Certificates know no milliseconds.
  const at = new Date(Math.floor(asked.getTime() / 1000) * 1000);
  return { notBefore: days(-1, at), notAfter: days(life, at) };
}
