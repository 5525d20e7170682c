import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabHandle } from './lab.ts';

interface BadRequest {
  readonly name: string;
  readonly subject: string;
  readonly sans?: string;
  readonly signer: 'kubernetes.io/kube-apiserver-client-kubelet' | 'kubernetes.io/kubelet-serving';
  readonly usages: readonly string[];
  readonly as: string;
  readonly groups: readonly string[];
}

const client = 'kubernetes.io/kube-apiserver-client-kubelet';
const serving = 'kubernetes.io/kubelet-serving';
const clientUsages = ['digital signature', 'client auth'];
const servingUsages = ['digital signature', 'server auth'];
const joining = {
  as: 'system:bootstrap:abcdef',
  groups: ['system:bootstrappers', 'system:bootstrappers:k8sup', 'system:authenticated'],
};
const node = (name: string) => ({ as: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] });

/** One rule broken in each. What the apiserver itself refuses to store would prove nothing, so all of these are ones that it takes. */
const requests: readonly BadRequest[] = [
  {
    name: 'bad-unknown-host',
    subject: '/O=system:nodes/CN=system:node:stranger',
    signer: client,
    usages: clientUsages,
    ...joining,
  },
  {
    name: 'bad-joined-host',
    subject: '/O=system:nodes/CN=system:node:h3',
    signer: client,
    usages: clientUsages,
    ...joining,
  },
  {
    name: 'bad-usage',
    subject: '/O=system:nodes/CN=system:node:h1',
    signer: client,
    usages: [...clientUsages, 'server auth'],
    ...joining,
  },
  {
    name: 'bad-groups',
    subject: '/O=system:nodes/CN=system:node:h1',
    signer: client,
    usages: clientUsages,
    as: joining.as,
    groups: [...joining.groups, 'developers'],
  },
  {
    name: 'bad-user',
    subject: '/O=system:nodes/CN=system:node:h2',
    signer: client,
    usages: clientUsages,
    as: 'mallory',
    groups: joining.groups,
  },
  {
    name: 'bad-foreign-address',
    subject: '/O=system:nodes/CN=system:node:h2',
    sans: 'DNS:h2,IP:10.88.0.11',
    signer: serving,
    usages: servingUsages,
    ...node('h2'),
  },
  {
    name: 'bad-foreign-name',
    subject: '/O=system:nodes/CN=system:node:h2',
    sans: 'DNS:h2,DNS:kubernetes.default.svc,IP:10.88.0.12',
    signer: serving,
    usages: servingUsages,
    ...node('h2'),
  },
  {
    name: 'bad-wildcard',
    subject: '/O=system:nodes/CN=system:node:h3',
    sans: 'DNS:*.h3,IP:10.88.0.13',
    signer: serving,
    usages: servingUsages,
    ...node('h3'),
  },
];

/** Puts requests into the cluster that no strict approver may approve; gives their names. */
export async function badRequests(lab: LabHandle): Promise<readonly string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'k8sup-csr-'));
  try {
    for (const request of requests) {
      const file = join(dir, 'request.pem');
      const sans = request.sans === undefined ? [] : ['-addext', `subjectAltName=${request.sans}`];
      await execa('openssl', [
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        join(dir, 'key.pem'),
        '-out',
        file,
        '-subj',
        request.subject,
        ...sans,
      ]);
      const object = {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: request.name },
        spec: {
          request: (await readFile(file)).toString('base64'),
          signerName: request.signer,
          usages: request.usages,
        },
      };
      const identity = [`--as=${request.as}`, ...request.groups.map((group) => `--as-group=${group}`)];
      await lab.kubectlWithInput(JSON.stringify(object), ...identity, 'create', '-f', '-');
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return requests.map(({ name }) => name);
}
