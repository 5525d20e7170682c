import { decode, isTagged, members, rawContent, readAscii, readOid } from './read.ts';
import { implicit, type Node, oid, sequence, tagged } from './write.ts';

/** URLs at which a reader finds more about a certificate. */
export interface Places {
  readonly ocsp?: readonly string[];
  /** Where the issuer's own certificate is. */
  readonly issuers?: readonly string[];
  readonly crl?: readonly string[];
}

const uriTag = 6;
const accessOids = { ocsp: '1.3.6.1.5.5.7.48.1', issuers: '1.3.6.1.5.5.7.48.2' } as const;

/** Authority information access (RFC 5280, 4.2.2.1); undefined where there is nothing to tell. */
export function authorityAccess({ ocsp = [], issuers = [] }: Places): Node | undefined {
  const entries = [
    ...ocsp.map((url) => sequence(oid(accessOids.ocsp), uri(url))),
    ...issuers.map((url) => sequence(oid(accessOids.issuers), uri(url))),
  ];
  return entries.length === 0 ? undefined : sequence(...entries);
}

/** CRL distribution points (RFC 5280, 4.2.1.13), a point a URL. */
export function distributionPoints({ crl = [] }: Places): Node | undefined {
  return crl.length === 0 ? undefined : sequence(...crl.map((url) => sequence(tagged(0, tagged(0, uri(url))))));
}

function uri(url: string): Node {
  return implicit(uriTag, Buffer.from(url, 'latin1'));
}

/** The OCSP responders of an authority information access. @throws DerError when malformed. */
export function readOcspUrls(value: Buffer): readonly string[] {
  return members(decode(value), 'sequence', 'the authority information access').flatMap((entry) => {
    const [method, place] = members(entry, 'sequence', 'an access description');
    const isUrl = readOid(method, 'an access method') === accessOids.ocsp && isTagged(place, uriTag, false);
    return isUrl ? [readAscii(rawContent(place), 'a URL')] : [];
  });
}
