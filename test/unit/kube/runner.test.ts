import { describe, expect, it } from 'vitest';
import { clusterObjects } from '../../../src/kube/objects.ts';
import { kubeRunner } from '../../../src/kube/runner.ts';
import { hostsWith } from '../../../src/inventory/model.ts';
import { rawShell, sh } from '../../../src/shell/sh.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { Call, FakeHost } from '../../support/fake-executor.ts';
import { inventoryOf } from '../components/fixture.ts';

const inventory = inventoryOf(`
cluster: { name: one, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: m1, address: 192.0.2.11, roles: [etcd, master] }
  - { name: m2, address: 192.0.2.12, roles: [master, node] }
`);
const secret = 'apiVersion: v1\nkind: Config\n# client-key: s3cr3t\n';

/** A stand-in for kubectl: notes its arguments and what its kubeconfig said. */
const kubectl = `#!/bin/sh
cat /dev/fd/8 > /run/kubeconfig
printf '%s\\n' "$*" >> /run/kubectl
case $* in
  *'get --raw /readyz'*) [ ! -e /run/ill ] || { echo connecting >&2; echo "etcd failed" >&2; exit 1; }; echo ok ;;
  *fail*) printf 'Error \\033[31mfrom server\\n' >&2; echo said before; exit 3 ;;
  *'create -f -'*) cat ;;
  *) echo "answer of \${*#*/cache }" ;;
esac`;

describe.skipIf(noFakeHost !== undefined)('kubectl on a master', () => {
  it('is asked at its own apiserver', async () => {
    using masters = open();
    expect(await masters.kube.run(rawShell('kubectl get nodes'))).toBe('answer of get nodes\n');
    expect(masters.m1.read('/run/kubectl')).toContain('--server https://192.0.2.11:6443 ');
  });

  it('reads credentials that are in no argument, no script and no file that stays', async () => {
    using masters = open();
    const before = await masters.m1.sh('ls /tmp | sort');
    await masters.kube.run(rawShell('kubectl get nodes'));
    expect(masters.m1.read('/run/kubeconfig')).toBe(secret);
    expect(masters.m1.read('/run/kubectl')).not.toContain('s3cr3t');
    expect(masters.calls.map(({ script }) => script).join()).not.toContain('s3cr3t');
    expect(await masters.m1.sh('ls /tmp | sort')).toBe(before);
  });

  it('gets contents on standard input, with their lengths as arguments of the script', async () => {
    using masters = open();
    const contents = [Buffer.from('first\n'), Buffer.from('second')];
    const script = rawShell('head -c "$1" | kubectl create -f -; head -c "$2"; echo " $1 $2 $#"');
    expect(await masters.kube.run(script, { contents })).toBe('first\nsecond 6 6 2\n');
  });

  it('is the next one where the first is not ready or has no kubectl', async () => {
    using masters = open();
    masters.m1.write('/run/ill', '');
    expect(await masters.kube.run(rawShell('kubectl get nodes'))).toContain('get nodes');
    await masters.kube.run(rawShell('kubectl get pods'));
    // The one that answered last is asked first.
    expect(masters.calls.map(({ host }) => host)).toEqual(['m1', 'm2', 'm2']);
    await masters.m2.sh('rm /opt/k8sup/bin/kubectl');
    await masters.m1.sh('rm /run/ill');
    expect(await masters.kube.run(rawShell('kubectl get nodes'))).toContain('get nodes');
  });

  it('that no master answers is an error with each reason', async () => {
    using masters = open();
    masters.m1.write('/run/ill', '');
    await masters.m2.sh('rm /opt/k8sup/bin/kubectl');
    await expect(masters.kube.run(rawShell('kubectl get nodes'))).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      kind: 'kubernetes',
      why: 'm1: etcd failed\nm2: kubectl is not installed',
    });
  });

  it('that fails is an error with what it said, and is not tried on another master', async () => {
    using masters = open();
    await expect(masters.kube.run(rawShell('kubectl fail'))).rejects.toMatchObject({
      code: 'KUBE_COMMAND',
      message: 'kubectl failed on m1 with exit code 3',
      why: 'Error \\x1b[31mfrom server\nsaid before',
    });
    expect(masters.calls).toHaveLength(1);
    expect(await masters.kube.raw(sh`kubectl fail`)).toMatchObject({ exitCode: 3 });
  });
});

describe('objects of the cluster', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'n' }, data: { a: '1' } };
  const answer = (text: string) => ({ run: () => Promise.resolve(text) });

  it.each([
    ['one object alone', JSON.stringify(object)],
    ['a List', JSON.stringify({ kind: 'List', items: [object] })],
  ])('are read from %s', async (_title, text) => {
    const same = await clusterObjects(answer(`${text}\n\n@@k8sup-dry-run\n${text}`)).diff([object]);
    expect(same).toEqual(new Map());
  });

  it('that are absent are created', async () => {
    const found = await clusterObjects(answer(`\n@@k8sup-dry-run\n${JSON.stringify(object)}`)).diff([object]);
    expect([...(found as Map<string, unknown>).keys()]).toEqual(['ConfigMap n/x']);
  });

  it('are sent on standard input and applied server-side under our own name', async () => {
    const asked: { script: string; contents: string }[] = [];
    const kube: Parameters<typeof clusterObjects>[0] = {
      run: (script, options) => {
        asked.push({ script: script.sh, contents: String(options?.contents?.[0]) });
        return Promise.resolve('');
      },
    };
    await clusterObjects(kube).apply([object]);
    expect(asked[0]?.script).toContain('--server-side --force-conflicts --field-manager=k8sup');
    expect(asked[0]?.script).not.toContain('--dry-run');
    expect(JSON.parse(asked[0]?.contents ?? '')).toEqual({ apiVersion: 'v1', kind: 'List', items: [object] });
  });
});

function open() {
  const calls: Call[] = [];
  const host = (name: string): FakeHost => {
    const fake = fakeHost({ name, calls });
    fake.write('/opt/k8sup/bin/kubectl', kubectl, 0o755);
    return fake;
  };
  const [m1, m2] = [host('m1'), host('m2')];
  const masters = hostsWith(inventory, 'master').map((one) => ({
    host: one,
    executor: (one.name === 'm1' ? m1 : m2).executor,
  }));
  const kube = kubeRunner(inventory, masters, () => secret, new AbortController().signal);
  const dispose = (): void => [m1, m2].forEach((one) => one[Symbol.dispose]());
  return { m1, m2, calls, kube, [Symbol.dispose]: dispose };
}
