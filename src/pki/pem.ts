/** One block of PEM text (RFC 7468). */
export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
  /** The block as it stood in the text, ending with a line feed. */
  readonly text: string;
}

/** All blocks in order; text around them is skipped. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/g);
  return [...blocks].map(([block, label = '', body = '']) => ({
    label,
    der: Buffer.from(body, 'base64'),
    text: `${block}\n`,
  }));
}

export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
