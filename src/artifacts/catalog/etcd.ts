import { isAtLeast } from '../../inventory/releases.ts';
import type { CatalogEntry, GoRecipe } from './model.ts';
import { githubRelease } from './model.ts';

const files = ['etcd', 'etcdctl', 'etcdutl'];

export const etcd: CatalogEntry = {
  component: 'etcd',
  files,
  since: { etcdutl: [3, 5] },
  release(version, architecture) {
    const base = githubRelease('etcd-io/etcd', `v${version}`);
    const name = `etcd-v${version}-linux-${architecture}`;
    return [
      {
        url: `${base}/${name}.tar.gz`,
        checksum: { kind: 'text', url: `${base}/SHA256SUMS` },
        content: { members: Object.fromEntries(files.map((file) => [file, `${name}/${file}`])) },
      },
    ];
  },
  goRecipe: (version) => (isAtLeast(version, 3, 5) ? recipe(version) : undefined),
  notBuilt: 'etcd before 3.5 cannot be required by its version: its module path lacks the /v3',
  debian: {
    packages: ['etcd-server', 'etcd-client'],
    versionOf: 'etcd-server',
    files: { etcd: ['usr/bin/etcd'], etcdctl: ['usr/bin/etcdctl'] },
  },
};

function recipe(version: string): GoRecipe {
  return {
    module: 'plain',
    requires: ['server', 'etcdctl', 'etcdutl'].map((part) => [`go.etcd.io/etcd/${part}/v3`, `v${version}`] as const),
    packages: ['go.etcd.io/etcd/server/v3', 'go.etcd.io/etcd/etcdctl/v3', 'go.etcd.io/etcd/etcdutl/v3'],
    // Go names a program after the last element of its package, and etcd's is `server`.
    renames: { server: 'etcd' },
    cgo: false,
    ldflags: [],
    needs: [],
    coldSeconds: 60,
  };
}
