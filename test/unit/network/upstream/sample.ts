import { readManifest } from '../../../../src/network/upstream/index.ts';
import type { Manifest } from '../../../../src/network/upstream/index.ts';
import { titleOf } from '../../../../src/network/upstream/manifest.ts';

/** A file in the shape of upstream's. */
export const sampleText = `# A comment
---
apiVersion: v1
kind: ConfigMap
metadata: { name: config, namespace: kube-system }
data:
  backend: bird
  cni: |-
    {
      "name": "net",
      "plugins": [
        { "type": "calico", "mtu": __CNI_MTU__, "nodename": "__NODE__", "note": "a __CNI_MTU__ in a text", "ipam": { "type": "x" } },
        { "type": "portmap", "snat": true }
      ]
    }
---
apiVersion: v1
kind: Secret
metadata: { name: secrets, namespace: kube-system }
data:
  # key: null
---
kind: DaemonSet
apiVersion: apps/v1
metadata: { name: node, namespace: kube-system }
spec:
  template:
    spec:
      hostNetwork: true
      tolerations: [{ effect: NoSchedule, operator: Exists }]
      initContainers:
        - name: install
          image: example.org/cni:1
      containers:
        - name: node
          image: example.org/node:1
          args: ["--run-router=true", "--verbose", "--peers", "10.0.0.1"]
          env:
            - { name: IP, value: autodetect }
            - { name: MTU, valueFrom: { configMapKeyRef: { name: config, key: mtu } } }
          volumeMounts:
            - { name: lib, mountPath: /lib/modules }
      volumes:
        - { name: lib, hostPath: { path: /lib/modules } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: controllers, namespace: kube-system }
spec:
  template: { spec: { containers: [{ name: controllers, image: example.org/controllers:1 }] } }
`;

/** The sample, read. */
export function sample(): Manifest {
  return readManifest(sampleText, { component: 'calico', version: '1.2.3', file: 'calico.yaml' });
}

/** One object of a manifest, loosely typed. */
export function objectOf(manifest: Manifest, title: string): Record<string, unknown> {
  const found = manifest.objects.find(({ object }) => titleOf(object) === title);
  if (found === undefined) throw new Error(`there is no ${title}`);
  return found.object;
}
