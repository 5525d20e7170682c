import { describe, expect, it } from 'vitest';
import { approvePending, listPending } from '../../../src/kube/csr.ts';
import { asking, names, requestPem } from '../pki/csr/build.ts';
import { inventoryOf } from '../components/fixture.ts';
import { actionContext } from './fixture.ts';

const client = {
  metadata: { name: 'csr-client' },
  spec: {
    request: Buffer.from(requestPem()).toString('base64'),
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    username: 'system:node:node1',
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'client auth'],
  },
};
const joining = {
  username: 'system:bootstrap:07401b',
  groups: ['system:bootstrappers', 'system:bootstrappers:k8sup', 'system:authenticated'],
};
const serving = {
  metadata: { name: 'csr-serving' },
  spec: {
    request: Buffer.from(requestPem({ attributes: [asking(names('node1', '10.0.0.1'))] })).toString('base64'),
    signerName: 'kubernetes.io/kubelet-serving',
    username: 'system:node:node1',
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'server auth'],
  },
};

async function approved(...items: readonly object[]) {
  const { context, sent } = actionContext(({ script }) =>
    script.includes('get csr') ? JSON.stringify({ items }) : undefined,
  );
  const left = await approvePending(context);
  return { left, approvals: sent.map(({ script }) => script).filter((script) => script.includes('approve')) };
}

describe('pending requests', () => {
  it('of kubelets of the inventory are approved, all in one go', async () => {
    const { left, approvals } = await approved(client, serving);
    expect(approvals).toEqual(['kubectl certificate approve csr-client csr-serving >/dev/null']);
    expect(left).toEqual([]);
  });

  it('for serving may name each address of the host', async () => {
    const dual = inventoryOf(`
cluster:
  name: one
  network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }
hosts: [{ name: node1, address: "10.0.0.1,fd00::1", roles: [etcd, master, node] }]
`);
    const request = requestPem({ attributes: [asking(names('node1', '10.0.0.1', 'fd00::1'))] });
    const both = { ...serving, spec: { ...serving.spec, request: Buffer.from(request).toString('base64') } };
    const { context } = actionContext(() => JSON.stringify({ items: [both] }), { inventory: dual });
    expect(await listPending(context)).toMatchObject([{ reason: 'waits for  k8sup apply' }]);
    expect((await approved(both)).left[0]?.reason).toContain('fd00::1');
  });

  it('that are decided, or for other signers, are not looked at', async () => {
    const { left, approvals } = await approved(
      { ...client, status: { conditions: [{ type: 'Approved' }] } },
      { ...client, status: { conditions: [{ type: 'Denied' }] } },
      { ...client, status: { certificate: 'LS0t' } },
      { ...client, spec: { ...client.spec, signerName: 'example.com/own' } },
    );
    expect([left, approvals]).toEqual([[], []]);
  });

  it('with no condition yet are pending', async () => {
    expect((await approved({ ...client, status: {} })).approvals).toHaveLength(1);
    expect((await approved({ ...client, status: { conditions: [] } })).approvals).toHaveLength(1);
  });

  it.each([
    ['of somebody who is no bootstrapper', { ...client, spec: { ...client.spec, username: 'eve', groups: [] } }],
    ['of a bootstrapper, while nobody joins', { ...client, spec: { ...client.spec, ...joining } }],
    ['for another host', { ...serving, spec: { ...serving.spec, username: 'system:node:node2' } }],
    [
      'with usages of a client in a serving request',
      { ...serving, spec: { ...serving.spec, usages: client.spec.usages } },
    ],
    ['that are no request', { ...client, spec: { ...client.spec, request: 'bm90aGluZw==' } }],
    [
      'without groups and usages',
      { ...client, spec: { request: client.spec.request, signerName: client.spec.signerName, username: 'x' } },
    ],
  ])('%s are left with the reason, and the good ones approved beside them', async (_title, bad) => {
    const wrong = { ...bad, metadata: { name: 'csr-bad' } };
    const { left, approvals } = await approved(wrong, client);
    expect(approvals).toEqual(['kubectl certificate approve csr-client >/dev/null']);
    expect(left).toEqual([
      { name: 'csr-bad', requester: wrong.spec.username, reason: expect.stringMatching(/^.+$/) as string },
    ]);
  });

  it('whose address is not that of the host are left', async () => {
    const request = Buffer.from(requestPem({ attributes: [asking(names('node1', '10.9.9.9'))] })).toString('base64');
    expect((await approved({ ...serving, spec: { ...serving.spec, request } })).left[0]?.reason).toContain('10.9.9.9');
  });

  it('are only listed where nothing may be approved', async () => {
    const bad = { ...client, spec: { ...client.spec, username: 'eve', groups: [] } };
    const { context, sent } = actionContext(() => JSON.stringify({ items: [bad, serving] }));
    expect(await listPending(context)).toEqual([
      { name: serving.metadata.name, requester: serving.spec.username, reason: 'waits for  k8sup apply' },
      { name: 'csr-client', requester: 'eve', reason: expect.stringMatching(/^.+$/) as string },
    ]);
    expect(sent).toHaveLength(1);
  });
});
