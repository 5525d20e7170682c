import { parse } from 'yaml';
import { type Certificate, readCertificate } from './certificate.ts';
import { type Attribute, attributeOids, valuesOf } from './der/name.ts';

/**
 * What people compare of a certificate: who it is for, who signed it, its names, key and life, a line each.
 *
 * @param made - set for one that an apply makes anew: its key and its times to the second cannot be known before.
 */
export function certificateText(pem: string, made = false): string {
  const certificate = readable(pem);
  if (certificate === undefined) return 'no certificate that can be read\n';
  const { dnsNames, ipAddresses, emails, uris } = certificate.names;
  const lines = [
    `Subject: ${nameText(certificate.subject)}`,
    `Issuer: ${nameText(certificate.issuer)}`,
    ...dnsNames.map((name) => `Name: DNS ${name}`),
    ...ipAddresses.map((address) => `Name: IP ${address}`),
    ...[...emails, ...uris].map((name) => `Name: ${name}`),
    `Key: ${keyText(certificate)}${made ? ', made by apply' : ` (${certificate.subjectKeyId?.toString('hex').slice(0, 12) ?? 'without id'})`}`,
    `Begins: ${timeText(certificate.notBefore, made)}`,
    `Expires: ${timeText(certificate.notAfter, made)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A kubeconfig with its certificates as {@link certificateText} and without its key. */
export function kubeconfigText(text: string, made = false): string {
  const shown = text.split('\n').map((line) => {
    const [, indent = '', key = '', value = ''] = /^(\s*)(client-key-data|token|[a-z-]+-data): *(.*)$/.exec(line) ?? [];
    if (key === '') return line;
    if (key === 'client-key-data' || key === 'token') return `${indent}${key}: (secret)`;
    const pem = Buffer.from(String(parse(value) ?? ''), 'base64').toString('utf8');
    const inside = certificateText(pem, made && key === 'client-certificate-data')
      .trimEnd()
      .split('\n');
    return [`${indent}${key}:`, ...inside.map((one) => `${indent}  ${one}`)].join('\n');
  });
  return shown.join('\n');
}

function readable(pem: string): Certificate | undefined {
  try {
    return readCertificate(pem, 'the certificate');
  } catch {
    // What lies on a host may be anything, and it is about to be replaced.
    return undefined;
  }
}

function nameText(attributes: readonly Attribute[]): string {
  const short = { CN: attributeOids.commonName, O: attributeOids.organization, OU: attributeOids.organizationalUnit };
  const parts = Object.entries(short).flatMap(([label, oid]) =>
    valuesOf(attributes, oid).map((value) => `${label}=${value}`),
  );
  return parts.join(', ') || '(empty)';
}

function keyText({ publicKey }: Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  return [publicKey.asymmetricKeyType?.toUpperCase() ?? 'unknown', modulusLength ?? namedCurve].join(' ').trim();
}

function timeText(date: Date, made: boolean): string {
  const text = date.toISOString();
  return made ? `${text.slice(0, 10)}, from when it is made` : text.replace('.000Z', 'Z');
}
