import type { CatalogEntry } from './model.ts';
import { minorOf } from './model.ts';

const files = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'];

export const kubernetes: CatalogEntry = {
  component: 'kubernetes',
  files,
  release: (version, architecture) =>
    files.map((file) => {
      const url = `https://dl.k8s.io/release/v${version}/bin/linux/${architecture}/${file}`;
      return { url, checksum: { kind: 'text', url: `${url}.sha256` }, content: { file } };
    }),
  goRecipe: (version) => ({
    module: 'kubernetes',
    requires: [['k8s.io/kubernetes', `v${version}`]],
    packages: files.map((file) => `k8s.io/kubernetes/cmd/${file}`),
    cgo: false,
    ldflags: versionPackages(version).flatMap((name) => versionFlags(name, version)),
    // Kubernetes 1.32.0 was the first to be built with Go 1.23.
    oldLinkname: minorOf(version) < 32,
    needs: [],
    coldSeconds: 440,
  }),
};

/** Up to 1.23 `/version` and user agents read client-go's own copy of these variables. */
function versionPackages(version: string): readonly string[] {
  const own = 'k8s.io/component-base/version';
  return minorOf(version) <= 23 ? [own, 'k8s.io/client-go/pkg/version'] : [own];
}

function versionFlags(name: string, version: string): readonly string[] {
  return [`-X ${name}.gitVersion=v${version}`, `-X ${name}.gitMajor=1`, `-X ${name}.gitMinor=${minorOf(version)}`];
}
