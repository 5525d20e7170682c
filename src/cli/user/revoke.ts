import { exitCodes } from '../../errors/k8sup-error.ts';
import { needKubernetes } from '../admin-kubeconfig.ts';
import { confirm } from '../confirm.ts';
import { makeContext } from '../context.ts';
import type { Io } from '../io.ts';
import { onHosts } from '../on-hosts.ts';
import type { RunFlags } from '../options.ts';
import { readUsers } from './record.ts';

export interface RevokeRequest {
  readonly user: string;
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly yes: boolean;
}

/**
 * `k8sup user revoke`: Kubernetes knows no revoked certificates, so what is taken away is the rights: the user leaves all bindings that name it. What is left
 * is told: rights by its groups, what everybody may do, and until when the certificate lives.
 */
export function revokeUser({ user, inventory, flags, yes }: RevokeRequest, io: Io): Promise<number> {
  return onHosts({ command: `user revoke ${user}`, inventory, flags, writes: true }, io, async (run, session) => {
    needKubernetes(run.inventory);
    const context = await makeContext(run, session, 'plan');
    const { bindingsOf, bindingText, withdraw } = await import('../../kube/users/index.ts');
    const handedOut = (await readUsers(run.paths)).filter((one) => one.user === user);
    const groups = [...new Set(handedOut.flatMap((one) => one.groups))];
    const found = await bindingsOf(context.kube, user, groups);
    const tell = (text: string): void => run.emit({ type: 'note', text });
    if (found.user.length > 0) {
      const about = `${user} leaves ${found.user.map(bindingText).join(', ')}`;
      if (!yes) await confirm({ command: 'user revoke', about, word: 'yes', called: 'yes' }, io);
      for (const binding of found.user) await withdraw(context.kube, binding, user);
      tell(about);
    }
    const living = handedOut.filter(({ notAfter }) => Date.parse(notAfter) > Date.now());
    tell(
      handedOut.length === 0
        ? `no certificate for ${user} was handed out from here: whether there is one, and its groups, are not known`
        : living.length === 0
          ? `its certificates have ended`
          : `Kubernetes cannot revoke a certificate: until ${
              living
                .map(({ notAfter }) => notAfter)
                .sort()
                .at(-1) ?? ''
            } the cluster still takes ${user} for who it is; only  k8sup certs rotate-ca kubernetes  ends that before`,
    );
    if (found.groups.length > 0)
      tell(
        `by its groups it keeps, until then: ${found.groups.map(bindingText).join(', ')}; others may be in these groups too`,
      );
    return exitCodes.ok;
  });
}
