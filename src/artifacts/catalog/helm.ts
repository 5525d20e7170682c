import { folderOf } from '../source.ts';
import type { CatalogEntry } from './model.ts';

/** What renders charts; its templates' functions and its output are part of what a chart becomes. */
export const helmVersion = '3.22.0';

/** Renders charts on the controller; it is never sent to a host. */
export const helm: CatalogEntry = {
  component: 'helm',
  files: ['helm'],
  platforms: ['amd64', 'arm64', 'darwin-amd64', 'darwin-arm64'],
  release(version, platform) {
    const name = folderOf(platform);
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
