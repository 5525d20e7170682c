import { describe, expect, it } from 'vitest';
import { makeRejoin } from '../../../src/kube/rejoin.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { hostOf } from '../components/fixture.ts';
import { actionContext, inventory } from './fixture.ts';

const node1 = hostOf(inventory, 'node1');
const certificate = '/var/lib/kubelet/pki/kubelet-client-current.pem';

describe.skipIf(noFakeHost !== undefined)('a kubelet that is to join again', () => {
  it('loses its client certificate while nobody else works on the host', async () => {
    using host = fakeHost();
    host.write(certificate, 'old');
    const { context } = actionContext(() => undefined);
    await makeRejoin(node1, { ...context, executor: () => host.executor });
    expect(await host.sh(`ls ${certificate} 2>/dev/null || echo gone; cat /run/k8sup/holder`)).toBe('gone\na test\n');
  });

  it('keeps it where another run does not give the host up, who is told', async () => {
    using host = fakeHost();
    host.write(certificate, 'old');
    host.write('/run/k8sup/holder', 'apply of ann\n');
    // The trial whether there is a flock at all succeeds, the wait for the lock does not.
    host.program('flock', '[ "$3" = /run/k8sup ]');
    const { context } = actionContext(() => undefined);
    await expect(makeRejoin(node1, { ...context, executor: () => host.executor })).rejects.toMatchObject({
      code: 'KUBELET_CERTIFICATE',
      host: 'node1',
      why: 'another k8sup is at work on this host: apply of ann',
    });
    expect(host.read(certificate)).toBe('old');
  });
});
