import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { settle } from '../../../../src/cli/certs/settle.ts';
import type { Settling } from '../../../../src/cli/certs/settle.ts';
import type { RunContext } from '../../../../src/engine/run-context.ts';
import { actionContext } from '../../kube/fixture.ts';

const bundle = 'BOTH AUTHORITIES\n';
const hash = createHash('sha256').update(bundle).digest('hex');
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
const began = '2030-01-02T00:00:00Z';

/** A cluster that has the new bundle everywhere, with one pod that started before the exchange did, and one Secret with a token of the key before. */
function cluster() {
  const pod = {
    metadata: { namespace: 'shop', name: 'till' },
    spec: { volumes: [{ name: 'kube-api-access-x', projected: { sources: [{ serviceAccountToken: {} }] } }] },
    status: { startTime: '2030-01-01T00:00:00Z', phase: 'Running' },
  };
  const maps = { items: [{ metadata: { namespace: 'shop' }, data: { 'ca.crt': bundle } }] };
  const given = actionContext(({ to, script }) => {
    if (to !== 'kube') return `pod1 ${hash}\n`;
    if (script.includes('configmap')) return JSON.stringify(maps);
    if (script.includes('secret')) return 'shop old-token ?\n';
    return script.includes('get pods') ? JSON.stringify({ items: [pod] }) : '';
  });
  const authorities = { ca: { 'kubernetes-ca': { serverBundlePem: bundle } }, serviceAccount: { keyPem } };
  const context = { ...given.context, pki: { authorities } } as unknown as RunContext;
  return { context, restarts: () => given.sent.filter(({ script }) => script.includes('rollout restart')).length };
}

const settling = (more: Partial<Settling>): Settling => ({
  what: 'kubernetes-ca',
  phase: 'trust',
  restartPods: false,
  yes: false,
  seen: began,
  remember: () => Promise.resolve(),
  ...more,
});

describe('before apiservers show certificates of the next authority', () => {
  test('pods that may know the old one alone stop the exchange, by name', async () => {
    await expect(settle(settling({}), cluster().context)).rejects.toMatchObject({
      code: 'PODS_HOLD_OLD',
      why: expect.stringContaining('shop/till') as string,
    });
  });

  test('they are passed over where that is said, and asked for in no other phase', async () => {
    await settle(settling({ yes: true }), cluster().context);
    await settle(settling({ phase: 'issue' }), cluster().context);
  });

  test('the first look is remembered, so that pods that start later count as new', async () => {
    const kept: string[] = [];
    const remember = (seen: string): Promise<void> => Promise.resolve(void kept.push(seen));
    const { context, restarts } = cluster();
    await settle(settling({ seen: undefined, yes: true, remember }), context);
    await settle(settling({ yes: true, remember }), context);
    expect(kept).toHaveLength(1);
    expect(restarts()).toBe(1);
  });
});

describe('before the old key of tokens is dropped', () => {
  const tokens = (more: Partial<Settling>) => settling({ what: 'service-account', phase: 'issue', ...more });

  test('Secrets with tokens of it that never expire stop the exchange, by name', async () => {
    await expect(settle(tokens({}), cluster().context)).rejects.toMatchObject({
      code: 'TOKENS_HOLD_OLD',
      why: expect.stringContaining('shop/old-token') as string,
    });
  });

  test('they ask for nothing while it is still trusted by all', async () => {
    await settle(tokens({ phase: 'trust' }), cluster().context);
  });
});
