import { describe, expect, it } from 'vitest';
import { K8supError } from '../../../src/errors/k8sup-error.ts';
import type { RunOptions, RunResult } from '../../../src/host/connection.ts';
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
type Run = (script: string, options: RunOptions) => Promise<RunResult>;
const lost = new K8supError({ code: 'CONNECTION_LOST', kind: 'connection', what: 'm1: the connection was lost' });
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
    const run = await masters.m1.sh('ls -A /run');
    await masters.kube.run(rawShell('kubectl get nodes'));
    expect(masters.m1.read('/run/kubeconfig')).toBe(secret);
    expect(masters.m1.read('/run/kubectl')).not.toContain('s3cr3t');
    expect(masters.calls.map(({ script }) => script).join()).not.toContain('s3cr3t');
    expect(await masters.m1.sh('ls -A /run')).toBe(`kubeconfig\nkubectl\n${run}`);
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

  it('is the next one where the connection to the first is lost before the script began', async () => {
    using masters = open();
    const kube = masters.runner({ m1: () => Promise.reject(lost) });
    expect(await kube.run(rawShell('kubectl get nodes'))).toContain('get nodes');
    const none = masters.runner({ m1: () => Promise.reject(lost), m2: () => Promise.reject(lost) });
    await expect(none.run(sh`:`)).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      why: 'm1: the connection was lost\nm1: the connection was lost',
    });
  });

  it('is no other one once a script has begun: it could do its work twice', async () => {
    using masters = open();
    const kube = masters.runner({
      m1: async (...given) => {
        await masters.m1.executor.run(...given);
        throw lost;
      },
    });
    await expect(kube.run(rawShell('kubectl get nodes'))).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(masters.calls.map(({ host }) => host)).toEqual(['m1']);
  });

  it('gives lines as they come, and none of its own', async () => {
    using masters = open();
    const lines: string[] = [];
    const script = rawShell('kubectl get nodes; echo done');
    const { stdout } = await masters.kube.raw(script, { onLine: (line) => void lines.push(line) });
    expect(lines).toEqual(['answer of get nodes', 'done']);
    expect(stdout).toBe('answer of get nodes\ndone\n');
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

function open() {
  const calls: Call[] = [];
  const host = (name: string): FakeHost => {
    const fake = fakeHost({ name, calls });
    fake.write('/opt/k8sup/bin/kubectl', kubectl, 0o755);
    return fake;
  };
  const [m1, m2] = [host('m1'), host('m2')];
  const runner = (other: Readonly<Record<string, Run>> = {}) => {
    const masters = hostsWith(inventory, 'master').map((one) => {
      const { executor } = one.name === 'm1' ? m1 : m2;
      const run = other[one.name];
      return { host: one, executor: run === undefined ? executor : { ...executor, run } };
    });
    return kubeRunner(inventory, masters, () => secret, new AbortController().signal);
  };
  const dispose = (): void => [m1, m2].forEach((one) => one[Symbol.dispose]());
  return { m1, m2, calls, runner, kube: runner(), [Symbol.dispose]: dispose };
}
