import type { CatalogEntry } from './model.ts';
import { githubRelease } from './model.ts';

const files = ['containerd', 'containerd-shim-runc-v2', 'ctr'];

export const containerd: CatalogEntry = {
  component: 'containerd',
  files,
  release(version, architecture) {
    const url = `${githubRelease('containerd/containerd', `v${version}`)}/containerd-${version}-linux-${architecture}.tar.gz`;
    return [
      {
        url,
        checksum: { kind: 'text', url: `${url}.sha256sum` },
        content: { members: Object.fromEntries(files.map((file) => [file, `bin/${file}`])) },
      },
    ];
  },
  goRecipe(version) {
    if (!version.startsWith('2.')) return undefined;
    const module = 'github.com/containerd/containerd/v2';
    return {
      module: 'plain',
      requires: [[module, `v${version}`]],
      packages: files.map((file) => `${module}/cmd/${file}`),
      cgo: false,
      ldflags: [`-X ${module}/version.Version=v${version}`],
      needs: [],
      coldSeconds: 90,
    };
  },
  notBuilt: 'only containerd 2 is known to build from its Go module',
};

export const runc: CatalogEntry = {
  component: 'runc',
  files: ['runc'],
  release(version, architecture) {
    const base = githubRelease('opencontainers/runc', `v${version}`);
    return [
      {
        url: `${base}/runc.${architecture}`,
        checksum: { kind: 'text', url: `${base}/runc.sha256sum` },
        content: { file: 'runc' },
      },
    ];
  },
  goRecipe: (version) => ({
    module: 'plain',
    requires: [['github.com/opencontainers/runc', `v${version}`]],
    packages: ['github.com/opencontainers/runc'],
    cgo: true,
    tags: 'seccomp',
    ldflags: [`-X main.version=${version}`],
    needs: ['gcc', 'libseccomp'],
    coldSeconds: 36,
  }),
};
