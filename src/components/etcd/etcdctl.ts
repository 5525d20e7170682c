import { sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { binaries, etcdPki } from '../paths.ts';

/** CN of the certificate that etcdctl uses on members: the administrator of etcd, once etcd knows users. */
export const etcdAdmin = 'etcd-healthcheck-client';

/** etcdctl against the member of the host itself, as {@link etcdAdmin}; arguments follow. */
export function etcdctl(clientPort: number): Sh {
  return sh`${binaries.etcdctl} --endpoints ${localEndpoint(clientPort)} --cacert ${etcdPki.ca} --cert ${etcdPki.healthCert} --key ${etcdPki.healthKey} --dial-timeout 2s --command-timeout 10s`;
}

/** curl against the member of the host itself, for the v2 API; options and the path's URL follow. */
export function etcdCurl(): Sh {
  return sh`curl -q -sS --noproxy '*' --max-time 10 --cacert ${etcdPki.ca} --cert ${etcdPki.healthCert} --key ${etcdPki.healthKey}`;
}

export function localEndpoint(clientPort: number): string {
  return `https://127.0.0.1:${clientPort}`;
}
