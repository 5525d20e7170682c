import type { CatalogEntry } from './model.ts';
import { githubRelease } from './model.ts';

const module = 'github.com/flannel-io/flannel';
/** Its Tencent backend imports a cloud SDK whose own requirements do not name this part of it. */
const tencent = ['github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common', 'v1.3.103'] as const;

export const flannel: CatalogEntry = {
  component: 'flannel',
  files: ['flanneld'],
  release(version, architecture) {
    const tag = `v${version}`;
    return [
      {
        url: `${githubRelease('flannel-io/flannel', tag)}/flannel-${tag}-linux-${architecture}.tar.gz`,
        checksum: { kind: 'github', repository: 'flannel-io/flannel', tag },
        content: { members: { flanneld: 'flanneld' } },
      },
    ];
  },
  goRecipe: (version) => ({
    module: 'plain',
    requires: [[module, `v${version}`], tencent],
    packages: [module],
    renames: { flannel: 'flanneld' },
    // Its udp backend is C.
    cgo: true,
    ldflags: ['-extldflags -static', `-X ${module}/pkg/version.Version=v${version}`],
    needs: ['gcc'],
    coldSeconds: 120,
  }),
};
