import type { CatalogEntry } from './model.ts';

/** Renders charts on the controller; it is never sent to a host. */
export const helm: CatalogEntry = {
  component: 'helm',
  files: ['helm'],
  release(version, platform) {
    const name = platform.includes('-') ? platform : `linux-${platform}`;
    const url = `https://get.helm.sh/helm-v${version}-${name}.tar.gz`;
    return [
      { url, checksum: { kind: 'text', url: `${url}.sha256sum` }, content: { members: { helm: `${name}/helm` } } },
    ];
  },
  goRecipe(version) {
    const major = /^\d+/.exec(version)?.[0] ?? '';
    const module = `helm.sh/helm/v${major}`;
    return {
      module: 'plain',
      requires: [[module, `v${version}`]],
      packages: [`${module}/cmd/helm`],
      cgo: false,
      ldflags: [`-X ${module}/internal/version.version=v${version}`],
      needs: [],
      coldSeconds: 105,
    };
  },
};
