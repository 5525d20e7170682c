import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RunContext } from '../../../../src/engine/run-context.ts';
import {
  holdersSince,
  legacyTokens,
  restartWorkloads,
  rewriteSecrets,
  waitForTokens,
  waitForTrust,
} from '../../../../src/kube/rotation/index.ts';
import { actionContext } from '../fixture.ts';
import type { Answer } from '../fixture.ts';

const contextOf = (answer: Answer) => {
  const { context, sent } = actionContext(answer);
  return { context: context as unknown as RunContext, sent };
};
const noted = () => {
  const told: string[] = [];
  return { told, patience: { limitSeconds: 0, tell: (text: string) => void told.push(text) } };
};
const bundle = 'CERTIFICATES\n';
const hash = createHash('sha256').update(bundle).digest('hex');
const maps = (...contents: readonly string[]): string =>
  JSON.stringify({
    items: contents.map((text, index) => ({ metadata: { namespace: `n${String(index)}` }, data: { 'ca.crt': text } })),
  });

describe('waiting for the authorities in pods', () => {
  test('ends when namespaces and volumes of all nodes have them', async () => {
    const { context, sent } = contextOf(({ to }) =>
      to === 'kube' ? maps(bundle, bundle) : `pod1 ${hash}\npod2 ${hash}\n`,
    );
    await waitForTrust(context, bundle, noted().patience);
    expect(sent.map(({ to }) => to)).toEqual(['kube', 'node1', 'node2']);
  });

  test('names namespaces, and nodes with pods, that do not have them at the limit', async () => {
    const namespaces = contextOf(() => maps(bundle, 'OLD'));
    await expect(waitForTrust(namespaces.context, bundle, noted().patience)).rejects.toMatchObject({
      code: 'ROTATION_WAIT',
      why: 'not yet in n1',
    });
    const { told, patience } = noted();
    const volumes = contextOf(({ to }) =>
      to === 'kube' ? maps(bundle) : to === 'node2' ? `pod1 ${hash}\npod2 abc\n` : '',
    );
    await expect(waitForTrust(volumes.context, bundle, patience)).rejects.toMatchObject({
      code: 'ROTATION_WAIT',
      why: 'not yet: 1 pods on node2',
    });
    expect(told).toEqual(['not yet: 1 pods on node2']);
  });
});

const pair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid })).toString('base64url');
  return { keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), header };
};

describe('tokens of the key before', () => {
  const [old, next] = [pair(), pair()];

  test('are waited for in the volumes of pods', async () => {
    await waitForTokens(contextOf(() => `p ${next.header}\n`).context, next.keyPem, noted().patience);
    await expect(
      waitForTokens(
        contextOf(({ to }) => (to === 'node1' ? `p ${old.header}\n` : `p ${next.header}\n`)).context,
        next.keyPem,
        noted().patience,
      ),
    ).rejects.toMatchObject({ code: 'ROTATION_WAIT', why: 'not yet: 1 pods on node1' });
  });

  test('in Secrets are named, also where they are no tokens at all', async () => {
    const { context } = contextOf(() => `a one ${old.header}\nb two ${next.header}\nc three ?\n`);
    expect(await legacyTokens(context.kube, next.keyPem)).toEqual([
      { namespace: 'a', name: 'one' },
      { namespace: 'c', name: 'three' },
    ]);
  });
});

describe('pods that may hold what was before', () => {
  const pod = (name: string, more: object = {}, metadata: object = {}) => ({
    metadata: { namespace: 'default', name, ...metadata },
    spec: { volumes: [{ name: 'kube-api-access-x', projected: { sources: [{ serviceAccountToken: {} }] } }] },
    status: { startTime: '2030-01-01T00:00:00Z', phase: 'Running' },
    ...more,
  });

  test('are those that started before, have a token, and go on', async () => {
    const items = [
      pod('old'),
      pod('legacy', { spec: { volumes: [{ name: 'default-token-abcde' }] } }),
      pod('new', { status: { startTime: '2030-01-03T00:00:00Z', phase: 'Running' } }),
      pod('done', { status: { startTime: '2030-01-01T00:00:00Z', phase: 'Succeeded' } }),
      pod('going', {}, { deletionTimestamp: '2030-01-02T00:00:00Z' }),
      pod('apart', { spec: { volumes: [{ name: 'data' }] } }),
      pod('system', {}, { namespace: 'kube-system' }),
    ];
    const { context } = contextOf(() => JSON.stringify({ items }));
    const holders = await holdersSince(context.kube, '2030-01-02T00:00:00Z');
    expect(holders.map(({ name }) => name)).toEqual(['old', 'legacy']);
  });

  test('are restarted in kube-system alone, or everywhere', async () => {
    const { context, sent } = contextOf(() => '');
    await restartWorkloads(context.kube, false);
    await restartWorkloads(context.kube, true);
    expect(sent.map(({ script }) => /^for n in (.*); do$/m.exec(script)?.[1])).toEqual([
      'kube-system',
      '$(kubectl get namespaces -o name | cut -d / -f 2)',
    ]);
  });
});

test('Secrets are written anew until etcd holds none of another key', async () => {
  const left = ['/registry/secrets/a/one\n', ''];
  const { context, sent } = contextOf(({ to }) => (to === 'node1' ? left.shift() : ''));
  const told: string[] = [];
  await rewriteSecrets(context, 'key-1', { tell: (text) => void told.push(text) });
  expect(told).toEqual(['1 not yet: a/one']);
  expect(sent.map(({ to }) => to)).toEqual(['kube', 'node1', 'kube', 'node1']);
  expect(sent[1]?.script).toContain('k8s:enc:secretbox:v1:key-1:');
});
