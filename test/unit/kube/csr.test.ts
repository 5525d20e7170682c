import { describe, expect, it } from 'vitest';
import { approvePending, listPending } from '../../../src/kube/csr.ts';
import { asking, csrJson, joiningClient, names, requestPem, servingOf } from '../../support/csr.ts';
import { inventoryOf } from '../components/fixture.ts';
import { actionContext, approvalsIn, approvedIn } from './fixture.ts';

const client = csrJson({
  ...joiningClient,
  name: 'csr-client',
  username: 'system:node:node1',
  groups: servingOf().groups,
  requestPem: requestPem(),
});
const servingPem = (...hosts: readonly string[]): string => requestPem({ attributes: [asking(names(...hosts))] });
const servingFor = (...hosts: readonly string[]) =>
  csrJson({ ...servingOf(), name: 'csr-serving', requestPem: servingPem(...hosts) });
const serving = servingFor('node1', '10.0.0.1');

async function approved(...items: readonly object[]) {
  const { context, sent } = actionContext(({ script }) =>
    script.includes('get csr') ? JSON.stringify({ items }) : undefined,
  );
  const left = await approvePending(context);
  return { left, approvals: approvedIn(sent), sent };
}

describe('pending requests', () => {
  it('of kubelets of the inventory are approved, all in one go', async () => {
    const { left, approvals } = await approved(client, serving);
    expect(approvals).toEqual(['csr-client', 'csr-serving']);
    expect(left).toEqual([]);
  });

  it('are approved as the very objects that were judged, whatever their names are', async () => {
    const metadata = { ...serving.metadata, name: '--all a/b?c\n' };
    const { sent } = await approved({ ...serving, metadata });
    expect(approvalsIn(sent)).toMatchObject([
      {
        path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/--all%20a%2Fb%3Fc%0A/approval',
        object: { metadata, status: { conditions: [{ type: 'Approved', status: 'True' }] } },
      },
    ]);
  });

  it('are told without what their names would do to a terminal', async () => {
    const bad = { ...client, metadata: { ...client.metadata, name: 'a\u001b[2J\n' } };
    const { left } = await approved({ ...bad, spec: { ...bad.spec, username: 'eve\u0007' } });
    expect(left).toMatchObject([{ name: 'a\\u{1b}[2J\\u{a}', requester: 'eve\\u{7}' }]);
  });

  it('for serving may name each address of the host', async () => {
    const dual = inventoryOf(`
cluster:
  name: one
  network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }
hosts: [{ name: node1, address: "10.0.0.1,fd00::1", roles: [etcd, master, node] }]
`);
    const both = servingFor('node1', '10.0.0.1', 'fd00::1');
    const { context } = actionContext(() => JSON.stringify({ items: [both] }), { inventory: dual });
    expect(await listPending(context)).toMatchObject([
      { reason: 'is right: the approver on the masters, or  k8sup apply, approves it' },
    ]);
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
    [
      'of a bootstrapper, while nobody joins',
      { ...client, spec: { ...client.spec, username: joiningClient.username, groups: joiningClient.groups } },
    ],
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
    const wrong = { ...bad, metadata: { ...client.metadata, name: 'csr-bad' } };
    const { left, approvals } = await approved(wrong, client);
    expect(approvals).toEqual(['csr-client']);
    expect(left).toEqual([
      { name: 'csr-bad', requester: wrong.spec.username, reason: expect.stringMatching(/^.+$/) as string },
    ]);
  });

  it('whose address is not that of the host are left', async () => {
    expect((await approved(servingFor('node1', '10.9.9.9'))).left[0]?.reason).toContain('10.9.9.9');
  });

  it('are only listed where nothing may be approved', async () => {
    const bad = { ...client, spec: { ...client.spec, username: 'eve', groups: [] } };
    const { context, sent } = actionContext(() => JSON.stringify({ items: [bad, serving] }));
    expect(await listPending(context)).toEqual([
      {
        name: serving.metadata.name,
        requester: serving.spec.username,
        reason: 'is right: the approver on the masters, or  k8sup apply, approves it',
      },
      { name: 'csr-client', requester: 'eve', reason: expect.stringMatching(/^.+$/) as string },
    ]);
    expect(sent).toHaveLength(1);
  });
});
