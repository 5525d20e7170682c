import type { CatalogEntry } from './model.ts';

/** Files of Kubernetes objects in a repository, each for itself, with the sha256 of those that this release of k8sup was written against. */
interface Manifests {
  readonly component: string;
  readonly repository: string;
  readonly folder: string;
  readonly pinned: NonNullable<CatalogEntry['pinned']>;
}

/** The chart of a repository of charts, in upstream's own package: that is what an index gives a digest for, and what helm reads as it is. */
interface Chart {
  readonly component: string;
  readonly repository: string;
  /** What stands before the number of a version in the package's name. */
  readonly versionPrefix: string;
}

const ofAnyPlatform = { platforms: ['noarch'], apart: true, notBuilt: 'it is no program' } as const;

const calico = manifests({
  component: 'calico',
  repository: 'projectcalico/calico',
  folder: 'manifests',
  pinned: {
    '3.32.1': {
      'calico.yaml': 'a1df919d9721cf667accdc3e72848911b0cb25cfab7d2478ad0c996302c95744',
      'calico-etcd.yaml': '1d9a209976d7f2874cd5a9a74f5fa5e8d065e890d4b3e1cb136c6df550d18521',
      'calico-typha.yaml': '7ecc42a5ca2bd47764384f5c52b89b007c06cbf907fd3214c1cf4abc75ead76f',
      'calico-vxlan.yaml': 'c2ab4f9a4ecde01d66e6f040d6745cd7f174d5ded573164c809ffb9f40a9d566',
    },
  },
});

const canal = manifests({
  component: 'canal',
  repository: 'projectcalico/calico',
  folder: 'manifests',
  pinned: { '3.32.1': { 'canal.yaml': 'aa58a7b245586a90d75d969b9184326f6218acea7e4951ce2931113cd8e91e39' } },
});

const kubeRouter = manifests({
  component: 'kube-router',
  repository: 'cloudnativelabs/kube-router',
  folder: 'daemonset',
  pinned: {
    '2.11.1': {
      'generic-kuberouter.yaml': 'a3db8badd67f32d1b8a8daf25b07b7d326f6560a8d8f6fcc81969e12243a03ff',
      'generic-kuberouter-all-features.yaml': '102c25aacd8ddd45e12a3877821a8684f8b0793d3d7c06a69658e76e000322cc',
      'kube-router-all-service-daemonset.yaml': 'c5d488e86f4a5276b42258efe67cadda36e35a220a0f9da8cca08c6b19c0715f',
      'kubeadm-kuberouter.yaml': '847b9b7a47c31d8e10149f5b4d94c78ea214d1c1d70df1640744ae21b0b9121a',
      'kubeadm-kuberouter-all-features.yaml': '9b216bf96a690a000a4208c673e0b8bc221ffc1f63e53b70e77ed25837fc2cf6',
    },
  },
});

const multus = manifests({
  component: 'multus',
  repository: 'k8snetworkplumbingwg/multus-cni',
  folder: 'deployments',
  pinned: {
    '4.3.0': {
      'multus-daemonset.yml': '290c502f3923864392f0bd7dd5f03e23262565853100c0ebfd7b35cc79ec565a',
      'multus-daemonset-thick.yml': '2d622f697809644a12704497bbf5c3256adc1e7f5b5504655e4993743651b585',
    },
  },
});

const kubeOvn = chart({
  component: 'kube-ovn',
  repository: 'https://kubeovn.github.io/kube-ovn',
  versionPrefix: 'v',
});

const cilium = chart({ component: 'cilium', repository: 'https://helm.cilium.io', versionPrefix: '' });

/** Upstream's own objects, as manifests or charts. k8sup carries none of them. */
export const upstreamFiles: readonly CatalogEntry[] = [calico, canal, kubeRouter, multus, kubeOvn, cilium];

function manifests({ component, repository, folder, pinned }: Manifests): CatalogEntry {
  const files = [...new Set(Object.values(pinned).flatMap((sums) => Object.keys(sums)))];
  return {
    component,
    files,
    pinned,
    ...ofAnyPlatform,
    release: (version) =>
      files.map((file) => {
        const sha256 = pinned[version]?.[file];
        return {
          url: `https://raw.githubusercontent.com/${repository}/v${version}/${folder}/${file}`,
          checksum: sha256 === undefined ? { kind: 'unknown' } : { kind: 'pinned', sha256 },
          content: { file },
        };
      }),
  };
}

function chart({ component, repository, versionPrefix }: Chart): CatalogEntry {
  const file = `${component}.tgz`;
  return {
    component,
    files: [file],
    ...ofAnyPlatform,
    release: (version) => [
      {
        url: `${repository}/${component}-${versionPrefix}${version}.tgz`,
        checksum: {
          kind: 'chart-index',
          url: `${repository}/index.yaml`,
          chart: component,
          version: `${versionPrefix}${version}`,
        },
        content: { file },
      },
    ],
  };
}
