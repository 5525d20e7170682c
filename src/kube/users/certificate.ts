import { randomBytes } from 'node:crypto';
import { K8supError } from '../../errors/k8sup-error.ts';
import type { KubeRunner } from '../../engine/stage.ts';
import { sh } from '../../shell/sh.ts';

/** A request for a client certificate, to be signed by the cluster. */
export interface UserCertificate {
  readonly user: string;
  readonly requestPem: string;
  readonly seconds: number;
}

const limitSeconds = 60;

/**
 * Has a client certificate signed by the cluster's own signer of clients (Kubernetes, "Certificate Signing Requests"): asked for, approved and fetched as the
 * administrator, and the request taken away again.
 *
 * @returns the certificate as PEM.
 * @throws K8supError `USER_NOT_SIGNED` where the cluster refuses or does not sign it.
 */
export async function signedByCluster(
  kube: KubeRunner,
  { user, requestPem, seconds }: UserCertificate,
): Promise<string> {
  const name = `k8sup-user-${randomBytes(6).toString('hex')}`;
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, annotations: { 'k8sup.io/user': user } },
    spec: {
      request: Buffer.from(requestPem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      expirationSeconds: seconds,
      usages: ['digital signature', 'client auth'],
    },
  };
  const output = await kube.run(
    sh`head -c "$1" | kubectl create -f - >/dev/null || exit 1
ask() {
  kubectl certificate approve ${name} >/dev/null || return 1
  i=0
  while [ $i -lt ${limitSeconds * 2} ]; do
    i=$((i+1))
    c=$(kubectl get csr ${name} -o jsonpath='{.status.certificate}')
    if [ -n "$c" ]; then printf %s "$c"; return 0; fi
    sleep 0.5
  done
  kubectl get csr ${name} -o jsonpath=${'{range .status.conditions[*]}{.type}: {.reason} {.message}{"\n"}{end}'} >&2
  return 1
}
ask; rc=$?
kubectl delete csr ${name} >/dev/null
exit $rc`,
    { contents: [Buffer.from(JSON.stringify(object))], timeoutMs: (limitSeconds + 30) * 1000 },
  );
  if (output.trim() !== '') return Buffer.from(output, 'base64').toString('utf8');
  throw new K8supError({
    code: 'USER_NOT_SIGNED',
    kind: 'kubernetes',
    what: `the cluster signed no certificate for ${user}`,
    fix: 'see that the controller-manager is healthy:  k8sup status',
  });
}
