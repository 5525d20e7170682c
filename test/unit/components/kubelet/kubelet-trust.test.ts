import { describe, expect, it } from 'vitest';
import { kubeletTrust } from '../../../../src/components/kubelet/kubelet-trust.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import { applyOn, probeOn } from '../../resources/on-host.ts';

const path = '/etc/kubernetes/kubelet.kubeconfig';
const kubeconfig = (trust: string): string => `apiVersion: v1
clusters:
- cluster:
    ${trust}
    server: https://192.0.2.10:6443
  name: default-cluster
`;

describe.skipIf(noFakeHost !== undefined)("the kubelet's kubeconfig", () => {
  it.each([
    ['certificate-authority-data: Q0VSVA==', 'a copy'],
    ['certificate-authority: /elsewhere/ca.crt', '/elsewhere/ca.crt'],
  ])('with %s is turned to the file of the authorities', async (trust, from) => {
    using host = fakeHost();
    host.write(path, kubeconfig(trust));
    expect(await probeOn(host, kubeletTrust)).toEqual([
      `certificate-authority: ${from} -> /etc/kubernetes/pki/ca.crt (update)`,
    ]);
    expect(await applyOn(host, kubeletTrust)).toEqual([]);
    expect(host.read(path)).toBe(kubeconfig('certificate-authority: /etc/kubernetes/pki/ca.crt'));
  });

  it('is left to the kubelet before it has joined', async () => {
    using host = fakeHost();
    expect(await probeOn(host, kubeletTrust)).toEqual([]);
  });
});
