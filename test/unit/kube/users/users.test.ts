import { describe, expect, test } from 'vitest';
import { bindingsOf, bindingText, signedByCluster, withdraw } from '../../../../src/kube/users/index.ts';
import type { Binding } from '../../../../src/kube/users/index.ts';
import { actionContext } from '../fixture.ts';

const binding = (name: string, subjects: Binding['subjects'], namespace?: string): Binding => ({
  kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { kind: 'ClusterRole', name: 'view' },
  ...(subjects === undefined ? {} : { subjects }),
});
const ann = { kind: 'User', name: 'ann' } as const;
const bob = { kind: 'User', name: 'bob' } as const;

describe('the rights of a user', () => {
  const items = [
    binding('own', [ann]),
    binding('shared', [bob, ann], 'ops'),
    binding('team', [{ kind: 'Group', name: 'developers' }]),
    binding('account', [{ kind: 'ServiceAccount', name: 'ann', namespace: 'ops' }], 'ops'),
    binding('nobody', undefined),
  ];

  test('are the bindings that name it, apart from those of its groups', async () => {
    const { context } = actionContext(() => JSON.stringify({ items }));
    const found = await bindingsOf(context.kube, 'ann', ['developers']);
    expect(found.user.map(bindingText)).toEqual(['ClusterRoleBinding own (view)', 'RoleBinding ops/shared (view)']);
    expect(found.groups.map(bindingText)).toEqual(['ClusterRoleBinding team (view)']);
  });

  test('are withdrawn: a binding of others stays without it, one of its own goes', async () => {
    const { context, sent } = actionContext(() => '');
    await withdraw(context.kube, binding('shared', [bob, ann], 'ops'), 'ann');
    await withdraw(context.kube, binding('own', [ann]), 'ann');
    expect(sent.map(({ script }) => script)).toEqual([
      `kubectl patch -n ops rolebinding/shared --type merge -p '{"subjects":[{"kind":"User","name":"bob"}]}' >/dev/null`,
      'kubectl delete clusterrolebinding/own >/dev/null',
    ]);
  });
});

describe('a certificate of the cluster', () => {
  test('is asked for with its life, and comes back as PEM', async () => {
    const { context, sent } = actionContext(() => Buffer.from('PEM\n').toString('base64'));
    expect(await signedByCluster(context.kube, { user: 'ann', requestPem: 'REQUEST', seconds: 3600 })).toBe('PEM\n');
    expect(JSON.parse(sent[0]?.contents ?? '')).toMatchObject({
      kind: 'CertificateSigningRequest',
      spec: {
        request: Buffer.from('REQUEST').toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        expirationSeconds: 3600,
        usages: ['digital signature', 'client auth'],
      },
    });
  });

  test('that does not come is an error', async () => {
    const { context } = actionContext(() => '');
    await expect(
      signedByCluster(context.kube, { user: 'ann', requestPem: 'REQUEST', seconds: 3600 }),
    ).rejects.toMatchObject({ code: 'USER_NOT_SIGNED' });
  });
});
