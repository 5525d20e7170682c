import { describe, expect, it } from 'vitest';
import { joinCondition } from '../../../src/kube/join.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { hostOf } from '../components/fixture.ts';
import { probeOn } from '../resources/on-host.ts';
import { inventory } from './fixture.ts';

/** An openssl that finds nothing wrong, and this key identifier of the signer. */
const signedBy = (keyId: string): string =>
  `case $* in *-text*) printf 'X509v3 Authority Key Identifier: \\n    keyid:${keyId}\\n' ;; esac`;

describe('a host', () => {
  const condition = joinCondition(hostOf(inventory, 'node1'), inventory, Buffer.from('ab01', 'hex'));

  it.each([
    ['joined\n', []],
    ['absent', ["kubelet's certificate"]],
    ['expired\n', ["kubelet's certificate"]],
    ['of another authority\n', ["kubelet's certificate"]],
  ])('that says %j', (output, paths) => {
    const state = condition.parse(output);
    expect(condition.diff(state, { changing: new Set() }).map(({ path }) => path)).toEqual(paths);
  });

  const files =
    'mkdir -p /var/lib/kubelet/pki /etc/kubernetes; echo x > /var/lib/kubelet/pki/kubelet-client-current.pem; echo x > /etc/kubernetes/kubelet.kubeconfig';
  it.skipIf(noFakeHost !== undefined).each([
    ['absent', ':', 'exit 0'],
    ['absent', `${files}; rm /etc/kubernetes/kubelet.kubeconfig`, 'exit 0'],
    ['expired', files, 'case $* in *checkend*) exit 1;; esac'],
    ['of another authority', files, 'case $* in verify*) exit 2;; esac'],
    ['of the authority that goes', files, signedBy('AB:02')],
    ['joined', files, signedBy('AB:01')],
  ])('is seen to be %s', async (state, script, openssl) => {
    using host = fakeHost();
    host.program('openssl', openssl);
    await host.sh(script);
    const changes = await probeOn(host, condition);
    expect(changes.map((change) => change.split(' -> ')[0])).toEqual(
      state === 'joined' ? [] : [`kubelet's certificate: ${state}`],
    );
  });

  it.skipIf(noFakeHost !== undefined)(
    'of an authority without an identifier is judged by its signature alone',
    async () => {
      using host = fakeHost();
      host.program('openssl', 'exit 0');
      await host.sh(files);
      const nameless = joinCondition(hostOf(inventory, 'node1'), inventory, undefined);
      expect(await probeOn(host, nameless)).toEqual([]);
    },
  );

  it.skipIf(noFakeHost !== undefined)('of an authority below a root needs no root', async () => {
    using host = fakeHost();
    host.program('openssl', `case $* in verify*-partial_chain*) ;; verify*) exit 2;; esac; ${signedBy('AB:01')}`);
    await host.sh(files);
    expect(await probeOn(host, condition)).toEqual([]);
  });
});
