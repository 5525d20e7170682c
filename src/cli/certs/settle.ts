import type { RunContext } from '../../engine/run-context.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import {
  holdersSince,
  legacyTokens,
  restartWorkloads,
  rewriteSecrets,
  waitForTokens,
  waitForTrust,
} from '../../kube/rotation/index.ts';
import type { Phase, Rotatable } from '../../pki/index.ts';

/** A phase that all hosts were brought to. */
export interface Settling {
  readonly what: Rotatable;
  readonly phase: Phase;
  readonly restartPods: boolean;
  readonly yes: boolean;
  /** When pods could first see what the phase brings; undefined where they could not yet. */
  readonly seen: string | undefined;
  readonly remember: (seen: string) => Promise<void>;
}

/**
 * What a phase needs beyond its files on the hosts, before the next one may begin.
 *
 * @throws K8supError `ROTATION_WAIT`, `PODS_HOLD_OLD`, `TOKENS_HOLD_OLD`.
 */
export async function settle(settling: Settling, context: RunContext): Promise<void> {
  const { what, phase } = settling;
  if (what === 'kubernetes-ca') await settleTrust(settling, context);
  if (what === 'service-account' && phase === 'issue') await settleTokens(settling, context);
  if (what === 'encryption-key' && phase === 'issue') {
    const [key] = context.pki.authorities.encryptionKeys;
    if (key !== undefined) await rewriteSecrets(context, key.name, patience(context, 0));
  }
}

/** The next phase changes the certificates of apiservers: whoever talks to them must know the next authority by then. */
async function settleTrust(settling: Settling, context: RunContext): Promise<void> {
  await waitForTrust(context, context.pki.authorities.ca['kubernetes-ca'].serverBundlePem, patience(context, 300));
  if (settling.phase !== 'trust') return;
  const seen = settling.seen ?? new Date().toISOString();
  if (settling.seen === undefined) await settling.remember(seen);
  if (settling.seen === undefined || settling.restartPods) await restartWorkloads(context.kube, settling.restartPods);
  const holders = await holdersSince(context.kube, seen);
  if (holders.length === 0 || settling.yes) return;
  throw new K8supError({
    code: 'PODS_HOLD_OLD',
    kind: 'unsafeChange',
    what: `${String(holders.length)} pods may have read the authorities before the next one was among them`,
    why: `they talk to the apiserver by a service account, and most programs read its authorities once: ${named(holders)}`,
    fix: 'restart them and run the same command with --yes, or let it restart all workloads: --restart-pods',
  });
}

/** Tokens of the old key must be gone before it is trusted no more. */
async function settleTokens(settling: Settling, context: RunContext): Promise<void> {
  const { serviceAccount } = context.pki.authorities;
  if (settling.restartPods) await restartWorkloads(context.kube, true);
  const legacy = await legacyTokens(context.kube, serviceAccount.keyPem);
  if (legacy.length > 0 && !settling.yes) {
    throw new K8supError({
      code: 'TOKENS_HOLD_OLD',
      kind: 'unsafeChange',
      what: `${String(legacy.length)} Secrets hold tokens that the old key signed and that never expire`,
      why: `whoever uses them would be refused once it is trusted no more: ${named(legacy)}`,
      fix: 'delete them, so that the controller-manager makes them anew, and hand the new tokens out; or give them up with --yes',
    });
  }
  await waitForTokens(context, serviceAccount.keyPem, patience(context, 4000));
}

function patience(context: RunContext, limitSeconds: number) {
  return { limitSeconds, tell: (text: string) => context.emit({ type: 'note', text }) };
}

function named(things: readonly { readonly namespace: string; readonly name: string }[]): string {
  const shown = things.slice(0, 8).map(({ namespace, name }) => `${namespace}/${name}`);
  return [...shown, ...(things.length > 8 ? [`and ${String(things.length - 8)} more`] : [])].join(', ');
}
