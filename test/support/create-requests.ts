import type { CsrObject } from '../../src/pki/index.ts';
import { csrJson } from './csr.ts';
import type { LabHandle } from './lab.ts';

/** Runs kubectl with this standard input and gives what it said, also where it failed. */
export type Kubectl = (input: string, ...args: readonly string[]) => Promise<string>;

/** Of a lab. */
export function labKubectl(lab: LabHandle): Kubectl {
  return (input, ...args) => lab.kubectlWithInput(input, ...args).catch((error: unknown) => String(error));
}

/**
 * Creates requests, each as the user that it names, by one call of kubectl for each user.
 *
 * @returns those that the apiserver did not store, by name, with what it said.
 */
export async function createRequests(
  kubectl: Kubectl,
  requests: readonly CsrObject[],
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  const userOf = ({ username, groups }: CsrObject): string => [username, ...groups].join('\n');
  for (const user of new Set(requests.map(userOf))) {
    const asked = requests.filter((request) => userOf(request) === user);
    const [name = '', ...groups] = user.split('\n');
    const identity = [`--as=${name}`, ...groups.map((group) => `--as-group=${group}`)];
    const list = { apiVersion: 'v1', kind: 'List', items: asked.map(objectOf) };
    const said = await kubectl(JSON.stringify(list), ...identity, 'create', '-f', '-');
    for (const { name: request } of asked) {
      if (said.includes(`certificatesigningrequest.certificates.k8s.io/${request} created`)) continue;
      refused.set(request, said.split('\n').find((line) => line.includes(`"${request}"`)) ?? said.slice(0, 500));
    }
  }
  return refused;
}

function objectOf(object: CsrObject): object {
  const { request, signerName, usages } = csrJson(object).spec;
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: object.name },
    spec: { request, signerName, usages },
  };
}
