import { isIP } from 'node:net';
import { connect } from 'node:tls';

import { messageOf } from '../../errors/k8sup-error.ts';
import { toPem } from '../pem.ts';
import { pkiError } from '../pki-error.ts';

/** As long as cfssl waits. */
const limitMs = 10_000;

/**
 * The certificate that a server shows, as PEM; whether it is to be trusted is not asked.
 *
 * @param domain - `host` or `host:port`, an IPv6 address with a port in brackets; the port is 443 where none is given.
 * @throws K8supError `PKI_DOMAIN`.
 */
export async function certificateOf(domain: string, signal: AbortSignal): Promise<string> {
  const { host, port } = endpointOf(domain);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void =>
      reject(
        pkiError('PKI_DOMAIN', `${host}:${port} showed no certificate`, {
          why,
          fix: 'name a host and port that speak TLS, and that can be reached from here',
          cause,
        }),
      );
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 ? { servername: host } : {}),
    });
    const stop = (): void => {
      socket.destroy();
      fail(signal.aborted ? 'interrupted' : `there was no answer within ${limitMs / 1000} s`);
    };
    limit.addEventListener('abort', stop, { once: true });
    socket.once('close', () => limit.removeEventListener('abort', stop));
    socket.once('error', (error) => fail(messageOf(error), error));
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      // The types promise it; a handshake without a certificate gives an empty object.
      if ((raw as Buffer | undefined) === undefined) fail('the handshake had none');
      else resolve(toPem('CERTIFICATE', raw));
    });
  });
}

function endpointOf(domain: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(domain) ?? [];
  const host = bracketed ?? plain ?? (isIP(domain) === 6 ? domain : undefined);
  const number = Number(port ?? 443);
  if (host !== undefined && number > 0 && number < 65_536) return { host, port: number };
  throw pkiError('PKI_DOMAIN', `${JSON.stringify(domain)} is no host with a port`, {
    fix: 'write host, host:port or [address]:port',
  });
}
