import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coredns } from '../../../src/components/coredns/coredns.ts';
import { requestLines } from '../../../src/components/csr-approver/csr-approver.ts';
import { masterRbac, nodeRbac } from '../../../src/components/rbac.ts';
import type { KubeObject } from '../../../src/engine/stage.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { approvePending, clusterObjects, liveNodes, listPending, nodeMetadata } from '../../../src/kube/index.ts';
import { approve, listRequests, readRequests } from '../../../src/kube/csr.ts';
import { workload } from '../../../src/kube/verify/workload.ts';
import { daemonSetObjects } from '../../../src/network/flannel/daemonset.ts';
import { flannelRbac, unitSubject } from '../../../src/network/flannel/rbac.ts';
import { rawShell, sh } from '../../../src/shell/sh.ts';
import { inventoryOf } from '../components/fixture.ts';
import { approverLook, refusals } from '../../support/approver-look.ts';
import { createRequests } from '../../support/create-requests.ts';
import type { Kubectl } from '../../support/create-requests.ts';
import { joiningClient, kubeletDer, kubeletSubject, pemOf, requestDer, servingOf } from '../../support/csr.ts';
import { hostileRequests } from '../../support/hostile-requests.ts';
import { programsFor, startApiserver } from './real-apiserver.ts';
import type { RealApiserver } from './real-apiserver.ts';

const extra: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'fresh' }, data: { a: '1' } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'kube-system' },
    stringData: { password: 'hush' },
  },
];
const kinds: readonly KubeObject[] = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'foos.ex.io' },
    spec: {
      group: 'ex.io',
      scope: 'Namespaced',
      names: { kind: 'Foo', plural: 'foos', singular: 'foo', listKind: 'FooList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { x: { type: 'integer' } } } },
        },
      ],
    },
  },
  { apiVersion: 'ex.io/v1', kind: 'Foo', metadata: { name: 'f', namespace: 'kube-system' }, x: 1 },
];

describe.each(['1.36.3', '1.20.15'])('against a real apiserver %s', (version) => {
  const programs = programsFor(version);
  describe.skipIf(programs === undefined)(
    programs === undefined ? 'that is not on this machine' : 'on the loopback',
    () => {
      let real: RealApiserver;
      beforeAll(async () => {
        if (programs !== undefined) real = await startApiserver(version, programs);
      });
      afterAll(() => real.down());

      const changes = async (objects: readonly KubeObject[]): Promise<readonly string[]> => {
        const found = await clusterObjects(real.kube).diff(objects);
        if ('pending' in found) throw new Error(found.pending);
        return [...found].flatMap(([id, list]) => list.map(({ path, from, to }) => `${id} ${path}: ${from} -> ${to}`));
      };
      const apply = (objects: readonly KubeObject[]): Promise<void> => clusterObjects(real.kube).apply(objects);
      const kubectl = (script: string): Promise<string> => real.kube.run(rawShell(script));
      const asCreator: Kubectl = (input, ...args) =>
        real.kube.run(sh`head -c "$1" | kubectl ${args} 2>&1 || :`, { contents: [Buffer.from(input)] });
      const conditions = `kubectl get csr -o jsonpath='{range .items[*]}{.metadata.name}={.status.conditions[*].type} {end}'`;
      const create = (object: object, flags = ''): Promise<string> =>
        real.kube.run(rawShell(`head -c "$1" | kubectl ${flags} create -f - >/dev/null`), {
          contents: [Buffer.from(JSON.stringify(object))],
        });

      it("all of k8sup's own objects are made once, and then differ in nothing", async () => {
        const objects = [
          ...masterRbac(),
          ...nodeRbac(),
          ...flannelRbac(unitSubject),
          ...coredns(real.inventory),
          ...workload(real.inventory, 'fresh').slice(1),
          ...extra,
        ];
        const ordered = [...extra.slice(0, 1), ...objects.filter((object) => object !== extra[0])];
        const missing = await changes(ordered);
        expect(missing).toHaveLength(ordered.length);
        expect(missing.every((line) => line.endsWith(' object: absent -> as wanted'))).toBe(true);
        await apply(ordered);
        expect(await changes(ordered)).toEqual([]);
        await apply(ordered);
        expect(await changes(ordered)).toEqual([]);
      });

      it('flannel as a DaemonSet is accepted, and then differs in nothing', async () => {
        const inventory = inventoryOf(`
cluster: { name: one, kubernetesVersion: ${version}, network: { flannel: { deploy: daemonset } } }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node] }
  - { name: h2, address: 192.0.2.12, flannel: { interface: eth1 } }
`);
        const objects = daemonSetObjects(inventory, '{}\n');
        expect(objects.map(({ kind }) => kind).filter((kind) => kind === 'DaemonSet')).toHaveLength(2);
        await apply(objects);
        expect(await changes(objects)).toEqual([]);
      });

      it('what somebody changed is named, without secrets, and put right', async () => {
        await kubectl(`kubectl -n fresh patch configmap c --type merge -p '{"data":{"a":"2","b":"own"}}' >/dev/null
kubectl -n kube-system patch secret s --type merge -p '{"stringData":{"password":"loud"}}' >/dev/null
kubectl -n kube-system scale deployment coredns --replicas=7 >/dev/null
kubectl -n kube-system label service kube-dns mine=yes >/dev/null`);
        const found = await changes([...extra, ...coredns(real.inventory)]);
        expect(found.filter((line) => !line.startsWith('Secret'))).toEqual([
          'ConfigMap fresh/c data.a: 2 -> 1',
          `Deployment kube-system/coredns spec.replicas: 7 -> ${String(real.inventory.cluster.coredns.replicas)}`,
        ]);
        expect(found.some((line) => line.startsWith('Secret kube-system/s data.password'))).toBe(true);
        expect(found.join()).not.toMatch(/hush|loud|aHVzaA|bG91ZA/);
        await apply([...extra, ...coredns(real.inventory)]);
        expect(await changes([...extra, ...coredns(real.inventory)])).toEqual([]);
        expect(await kubectl(`kubectl -n fresh get configmap c -o jsonpath='{.data.b}'`)).toBe('own');
      });

      it('who changed an object is known by its fields, and what is gone from a set was deleted', async () => {
        const map = (name: string, data: object): KubeObject => {
          return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'fresh' }, data };
        };
        const set = [map('d', { a: '1', b: '1' }), map('e', { a: '1' }), map('f', { a: '1' })];
        const target = clusterObjects(real.kube);
        await target.apply(set, 'drifting');
        await kubectl(`kubectl -n fresh patch configmap d --type merge -p '{"data":{"a":"2"}}' >/dev/null
kubectl -n fresh delete configmap e >/dev/null`);
        const wanted = [...set.slice(0, 2), map('f', { a: '9' }), map('g', {})];
        const found = await target.diff(wanted, 'drifting');
        if ('pending' in found) throw new Error(found.pending);
        const causes = await target.causes(wanted, found, 'drifting');
        expect(
          [...causes].map(([id, { cause, writers }]) => [id, cause, writers.map(({ manager }) => manager)]),
        ).toEqual([
          ['ConfigMap kube-system/k8sup-drifting', 'inventory', []],
          ['ConfigMap fresh/d', 'cluster', ['kubectl-patch']],
          ['ConfigMap fresh/e', 'cluster', []],
          ['ConfigMap fresh/f', 'inventory', []],
          ['ConfigMap fresh/g', 'unrecorded', []],
        ]);
      });

      it('an object that is written without its namespace is found again', async () => {
        const plain = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' }, data: { a: '1' } }];
        expect(await changes(plain)).toEqual(['ConfigMap plain object: absent -> as wanted']);
        await apply(plain);
        expect(await changes(plain)).toEqual([]);
      });

      it('sets that nobody wants go with their objects, but for what another set has; others stay', async () => {
        const map = (name: string): KubeObject => {
          return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'fresh' } };
        };
        const target = clusterObjects(real.kube);
        await target.apply([map('s1'), map('s2')], 'gone-one');
        await target.apply([map('s3')], 'stays');
        const forgotten = { is: (name: string) => name.startsWith('gone-'), keep: [map('s2')] };
        expect([...(await target.forgotten(forgotten)).keys()]).toEqual([
          'ConfigMap fresh/s1',
          'ConfigMap kube-system/k8sup-gone-one',
        ]);
        await target.forget(forgotten);
        expect([...(await target.forgotten(forgotten)).keys()]).toEqual([]);
        expect(await kubectl('kubectl -n fresh get configmap s1 s2 s3 --ignore-not-found -o name')).toBe(
          'configmap/s2\nconfigmap/s3\n',
        );
      });

      it('an object that moves to another set stays', async () => {
        const moved: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'fresh' } };
        const target = clusterObjects(real.kube);
        await target.apply([moved], 'from');
        const uid = await kubectl(`kubectl -n fresh get configmap m -o jsonpath='{.metadata.uid}'`);
        await target.apply([], 'from', [moved]);
        expect(await kubectl(`kubectl -n fresh get configmap m -o jsonpath='{.metadata.uid}'`)).toBe(uid);
        await target.apply([moved], 'from');
        await target.apply([], 'from');
        expect(await kubectl('kubectl -n fresh get configmap m --ignore-not-found -o name')).toBe('');
      });

      it('a new kind and its first object come together', async () => {
        expect(await changes([...kinds, ...extra])).toHaveLength(2);
        await apply(kinds);
        expect(await changes(kinds)).toEqual([]);
      });

      it('labels and taints follow the inventory, and those of others stay', async () => {
        for (const name of ['h1', 'h2', 'h3']) await create({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
        const wanted = async (inventory: Inventory) => nodeMetadata(inventory, await liveNodes(real.kube));
        const taints = () =>
          kubectl(`kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}:{.spec.taints[*].key} {end}'`);
        // What the apiserver's own admission puts on a new node.
        const fresh = 'node.kubernetes.io/not-ready';
        const old = real.inventory.cluster.versions.kubernetes.startsWith('1.20.');
        const roleTaint = `node-role.kubernetes.io/${old ? 'master' : 'control-plane'}`;
        expect(await changes(await wanted(real.inventory))).not.toEqual([]);
        await apply(await wanted(real.inventory));
        expect(await changes(await wanted(real.inventory))).toEqual([]);
        expect(await taints()).toBe(`h1:${fresh} ${roleTaint} h2:${fresh} gpu h3:${fresh} `);

        await kubectl('kubectl taint node h2 own=x:NoSchedule >/dev/null; kubectl label node h2 own=y >/dev/null');
        expect(await changes(await wanted(real.inventory))).toEqual([]);

        const without = {
          ...real.inventory,
          hosts: real.inventory.hosts.map((host) => ({ ...host, labels: {}, taints: [] })),
        };
        await apply(await wanted(without));
        expect(await changes(await wanted(without))).toEqual([]);
        expect(await taints()).toContain('own');
        expect(await taints()).not.toContain('gpu');
        expect(await kubectl(`kubectl get node h2 --show-labels`)).toMatch(/own=y/);
        expect(await kubectl(`kubectl get node h2 --show-labels`)).not.toMatch(/disk=ssd/);
      });

      it('exactly the right certificate requests are approved', async () => {
        const node = servingOf('h2');
        const bytes = (...sans: readonly string[]): string =>
          pemOf(sans.length === 0 ? requestDer({ subject: kubeletSubject('h2') }) : kubeletDer('h2', sans));
        const requestPem = bytes();
        expect(
          await createRequests(asCreator, [
            { ...joiningClient, name: 'bad-client', requestPem },
            { ...joiningClient, name: 'good-client', username: node.username, groups: node.groups, requestPem },
            { ...node, name: 'good-serving', requestPem: bytes('h2', '10.88.0.12') },
            { ...node, name: 'bad-serving', requestPem: bytes('h2', '10.88.0.13') },
          ]),
        ).toEqual(new Map());
        const context = { kube: real.kube, inventory: real.inventory };
        expect((await listPending(context)).map(({ name }) => name)).toEqual([
          'good-client',
          'good-serving',
          'bad-client',
          'bad-serving',
        ]);
        expect((await approvePending(context)).map(({ name }) => name)).toEqual(['bad-client', 'bad-serving']);
        const approved = await kubectl(
          `kubectl get csr -o jsonpath='{range .items[?(@.status.conditions[0].type=="Approved")]}{.metadata.name} {end}'`,
        );
        expect(approved).toBe('good-client good-serving ');
        await kubectl('kubectl delete csr --all >/dev/null');
      });

      it('a request that has come in the place of the one that was judged is not approved', async () => {
        const make = async (...sans: readonly string[]) => {
          const object = { ...servingOf('h2'), name: 'place', requestPem: pemOf(kubeletDer('h2', sans)) };
          expect(await createRequests(asCreator, [object])).toEqual(new Map());
        };
        await make('h2');
        const judged = readRequests(await real.kube.run(listRequests));
        await kubectl('kubectl delete csr place >/dev/null');
        await make('h1');
        await approve(real.kube, judged);
        expect(await kubectl(conditions)).toBe('place= ');
        await kubectl('kubectl delete csr place >/dev/null');
      });

      it('the approver of masters approves what kubelets ask for and none of the hostile requests, and may do nothing else', async () => {
        const hostile = hostileRequests(['h1', 'h2'], ['10.88.0.11', '10.88.0.12']);
        const good = [
          { ...servingOf('h2'), name: 'good-h2', requestPem: pemOf(kubeletDer('h2', ['h2', '10.88.0.12'])) },
          { ...servingOf('h3'), name: 'good-h3', requestPem: pemOf(kubeletDer('h3', ['10.88.0.13'])) },
          { ...servingOf('h1'), name: 'good-h1', requestPem: pemOf(kubeletDer('h1', ['h1', '10.88.0.11'])) },
        ];
        const refused = await createRequests(asCreator, [...hostile.map(({ object }) => object), ...good]);
        for (const [name, said] of refused) expect(`${name}: ${said}`).toMatch(refusals);
        const stored = hostile.filter(({ object }) => !refused.has(object.name));
        expect(stored.length).toBeGreaterThanOrEqual(25);

        const told = await approverLook(real, requestLines(real.inventory));
        const state = await kubectl(conditions);
        expect(state.match(/\S+=Approved/g)?.sort()).toEqual(good.map(({ name }) => `${name}=Approved`).sort());
        expect(told.match(/approved good-h\d/g)?.sort()).toEqual(good.map(({ name }) => `approved ${name}`).sort());
        for (const { object } of stored.filter((one) => one.object.signerName === servingOf().signerName))
          expect(told).toContain(`left pending: "${object.name}" of `);
        // The same look again tells nothing new.
        expect(told.split('left pending: "bad-san-star"')).toHaveLength(2);

        const left = await approvePending({ kube: real.kube, inventory: real.inventory });
        expect(left.map(({ name }) => name).sort()).toEqual(stored.map(({ object }) => object.name).sort());
        for (const { object, reason } of stored)
          expect(left.find(({ name }) => name === object.name)?.reason, object.name).toMatch(reason);

        const others = [
          'approve signers.certificates.k8s.io/kubernetes.io/kube-apiserver-client-kubelet',
          ...['delete csr', 'create csr', 'update csr/status', 'get secrets', 'get nodes'],
        ];
        const may = others.map((what) => `kubectl auth can-i ${what} --as=k8sup:csr-approver 2>/dev/null || :`);
        expect(await kubectl(may.join('\n'))).toBe('no\n'.repeat(others.length));
      });

      it('nothing of all this is left on the master', () => {
        expect(readdirSync(real.folder).filter((name) => name.startsWith('k8sup-'))).toEqual([]);
      });
    },
  );
});
