import type { Architecture } from '../artifact.ts';
import type { CatalogEntry } from './model.ts';

const files = [
  'dockerd',
  'docker',
  'docker-init',
  'docker-proxy',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
];
/** Shim of the v1 API: not in every archive. */
const optional = ['containerd-shim'];
const machines = { amd64: 'x86_64', arm64: 'aarch64' };

/**
 * Docker's static archive, which brings its own containerd and runc. Debian's packages of the same version are a stand-in with the same names:
 * their programs are dynamic, so a host needs libdevmapper1.02.1 and libseccomp2 beside what systemd brings.
 */
export const docker: CatalogEntry = {
  component: 'docker',
  files,
  optional,
  release: (version, architecture: Architecture) => [
    {
      url: `https://download.docker.com/linux/static/stable/${machines[architecture]}/docker-${version}.tgz`,
      checksum: { kind: 'none' },
      content: { members: Object.fromEntries([...files, ...optional].map((file) => [file, `docker/${file}`])) },
    },
  ],
  notBuilt: 'Docker is not published as a Go module that builds',
  debian: {
    packages: ['docker.io', 'containerd', 'runc', 'tini'],
    versionOf: 'docker.io',
    files: {
      dockerd: ['usr/sbin/dockerd'],
      docker: ['usr/bin/docker'],
      // docker.io's own docker-init is a link to this one.
      'docker-init': ['usr/bin/tini-static', 'usr/bin/tini'],
      'docker-proxy': ['usr/sbin/docker-proxy', 'usr/bin/docker-proxy'],
      containerd: ['usr/bin/containerd'],
      'containerd-shim': ['usr/bin/containerd-shim'],
      'containerd-shim-runc-v2': ['usr/bin/containerd-shim-runc-v2'],
      ctr: ['usr/bin/ctr'],
      runc: ['usr/sbin/runc', 'usr/bin/runc'],
    },
  },
};
