import { K8supError } from '../../errors/k8sup-error.ts';
import type { Inventory } from '../../inventory/model.ts';
import { kubernetesMinor } from '../../inventory/releases.ts';
import { endpointUrl } from '../../inventory/urls.ts';
import { signedByCluster } from '../../kube/users/index.ts';
import { kubeconfig, readCertificate, userRequest } from '../../pki/index.ts';
import { needKubernetes } from '../admin-kubeconfig.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { writeNew } from '../named-file.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import type { Run } from '../run.ts';
import { rememberUser } from './record.ts';

export interface CreateRequest {
  readonly user: string;
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly groups: readonly string[];
  readonly ttlSeconds: number;
  readonly out: string;
}

/**
 * `k8sup user create`: a key that is made here and kept nowhere, a certificate that the cluster signs, both in a kubeconfig for its owner alone. What the
 * user may do is for role bindings to say.
 */
export function createUser(request: CreateRequest, io: Io): Promise<number> {
  const { user, groups, inventory, flags, out, ttlSeconds } = request;
  const before = (run: Run): Promise<void> => {
    check(request, run);
    return Promise.resolve();
  };
  return onHosts(
    { command: `user create ${user}`, inventory, flags, writes: true, before },
    io,
    async (run, session) => {
      const context = await makeContext(run, session, 'plan');
      let end = '';
      await writeNew(out, async () => {
        const { requestPem, keyPem } = await userRequest(user, groups);
        const certPem = await signedByCluster(context.kube, { user, requestPem, seconds: ttlSeconds });
        const { serial, notBefore, notAfter } = readCertificate(certPem, 'what the cluster signed');
        end = notAfter.toISOString();
        const issued = { serial: serial.toString('hex'), made: notBefore.toISOString(), notAfter: end };
        await rememberUser(run.paths, { user, groups, ...issued });
        const caPem = context.pki.authorities.ca['kubernetes-ca'].serverBundlePem;
        const server = endpointUrl(run.inventory);
        return kubeconfig({
          cluster: run.inventory.cluster.name,
          server,
          caPem,
          user,
          credentials: { certPem, keyPem },
        });
      });
      run.emit({
        type: 'note',
        text: `${out} is the kubeconfig of ${user} until ${end}; it may do what role bindings give it`,
      });
      return 0;
    },
  );
}

function check(request: CreateRequest, { inventory }: Run): void {
  needKubernetes(inventory);
  const wrong = faultsOf(request, inventory).find(([is]) => is);
  if (wrong === undefined) return;
  const [, why, fix] = wrong;
  throw new K8supError({
    code: 'USER_REFUSED',
    kind: 'usage',
    what: `no certificate is made for ${request.user}`,
    why,
    fix,
  });
}

/** What speaks against it, and what to do then; the first that holds is told. */
function faultsOf(
  { user, groups, ttlSeconds }: CreateRequest,
  { cluster }: Inventory,
): readonly (readonly [is: boolean, why: string, fix: string])[] {
  const reserved = [user, ...groups].find((name) => name.startsWith('system:'));
  const { nodeHours } = cluster.lifetimes;
  return [
    [
      user === '' || /[\u0000-\u001f\u007f]/.test([user, ...groups].join('')),
      'names of users and groups are not empty, and have no control characters',
      'give another name',
    ],
    [
      reserved !== undefined,
      `${reserved ?? ''} is one of Kubernetes' own names: its signer of clients refuses system:masters, and the others would be somebody else`,
      'give a name of your own, and bind roles to it',
    ],
    [ttlSeconds < 600, 'the signer gives no certificate that lives shorter than 10 minutes', 'give a longer --ttl'],
    [
      ttlSeconds > nodeHours * 3600,
      `the signer's certificates live at most ${String(nodeHours)} hours (cluster.certificates.nodeLifetime)`,
      'give a shorter --ttl',
    ],
    [
      kubernetesMinor(cluster.versions.kubernetes) < 22,
      'before Kubernetes 1.22 a request cannot say how long its certificate is to live',
      'make users once the cluster has Kubernetes 1.22 or newer',
    ],
  ];
}
