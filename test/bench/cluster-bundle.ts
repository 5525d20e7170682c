import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labImagePaths } from '../../src/lab/images/names.ts';
import { labCorednsVersion } from '../../src/lab/inventory.ts';
import type { BenchLab } from './lab.ts';
import { mustRun } from './measure.ts';

/** What a host has of a cluster, apart from its data: all that k8sup made there. */
const paths = [
  ...['opt/k8sup', 'opt/cni', 'etc/etcd', 'etc/kubernetes', 'etc/containerd', 'etc/cni', 'etc/kube-flannel'],
  ...['etc/systemd/system', 'etc/sysctl.d', 'etc/hosts.k8sup-bench', 'var/lib/kubelet/pki', 'var/lib/kubelet/config'],
  'var/lib/k8sup/hashes',
];

/** Kinds of which k8sup makes objects. */
const kinds = [
  ...['serviceaccounts', 'clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'],
  ...['configmaps', 'services', 'deployments', 'poddisruptionbudgets'],
];

/** Takes from a lab's hosts, on which k8sup has made a cluster, what a script needs to make the same one again. */
export async function takeBundle(lab: BenchLab, inventory: string, folder: string): Promise<void> {
  const options = `IdentityFile ${lab.privateKey}\nUserKnownHostsFile ${lab.knownHosts}\nBatchMode yes\nLogLevel ERROR\n`;
  await writeFile(join(folder, 'ssh_config'), options);
  const images = labImagePaths(labCorednsVersion('newest'));
  const take = async ({ address }: BenchLab['hosts'][number]): Promise<void> => {
    const ssh = `ssh -F ${join(folder, 'ssh_config')} root@${address}`;
    const send = Object.values(images).map(
      (path: string) => `${ssh} 'cat > /opt/k8sup-bench/'$(basename ${path}) < ${path}`,
    );
    const script = `set -euo pipefail
${ssh} 'mkdir -p /opt/k8sup-bench; cp /etc/hosts /etc/hosts.k8sup-bench'
${send.join('\n')}
${ssh} 'cd /; for p in ${paths.join(' ')} opt/k8sup-bench; do [ ! -e $p ] || echo $p; done | tar -cf - --numeric-owner -T -' | zstd -q -3 > ${join(folder, `${address}.tar.zst`)}
${ssh} 'rm -rf /opt/k8sup-bench /etc/hosts.k8sup-bench'`;
    await mustRun(lab.inside(['/bin/bash', '-c', script]));
  };
  await Promise.all(lab.hosts.map(take));
  await writeFile(join(folder, 'objects.json'), JSON.stringify(await objectsOf(lab, inventory)));
}

interface KubeList {
  readonly items: readonly LiveObject[];
}

interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: unknown;
    readonly annotations?: unknown;
    readonly managedFields?: readonly { readonly manager?: string }[];
  };
  readonly status?: unknown;
}

/** The objects that k8sup made, as they could be made again. */
async function objectsOf(lab: BenchLab, inventory: string): Promise<unknown> {
  const words = ['get', '-A', '-o', 'json', '--show-managed-fields', kinds.join(',')];
  const program = [process.execPath, 'dist/src/main.js', 'kubectl', '-i', inventory, '--', ...words];
  const { output } = await mustRun(lab.inside(program));
  const { items } = JSON.parse(output.slice(output.indexOf('{'))) as KubeList;
  const own = items.filter(({ metadata }) => metadata.managedFields?.some(({ manager }) => manager === 'k8sup'));
  return { apiVersion: 'v1', kind: 'List', items: own.map(bare) };
}

function bare(object: LiveObject): unknown {
  const { name, namespace, labels, annotations } = object.metadata;
  return { ...object, status: undefined, metadata: { name, namespace, labels, annotations } };
}
