import type { CatalogEntry } from './model.ts';
import { githubRelease } from './model.ts';

/** The CRI in front of Docker for Kubernetes 1.24 and newer. */
export const criDockerd: CatalogEntry = {
  component: 'cri-dockerd',
  files: ['cri-dockerd'],
  release(version, architecture) {
    const tag = `v${version}`;
    return [
      {
        url: `${githubRelease('Mirantis/cri-dockerd', tag)}/cri-dockerd-${version}.${architecture}.tgz`,
        checksum: { kind: 'github', repository: 'Mirantis/cri-dockerd', tag },
        content: { members: { 'cri-dockerd': 'cri-dockerd/cri-dockerd' } },
      },
    ];
  },
  notBuilt: 'cri-dockerd is not published as a Go module that builds',
};
