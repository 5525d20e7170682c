import type { CatalogEntry } from './model.ts';
import { githubRelease, minorOf } from './model.ts';

/**
 * What a cluster's Corefile uses. A program with these alone is built instead of the whole one, most of whose build time are cloud SDKs. Their
 * order at run time is taken from the module's own `plugin.cfg`.
 */
export const corednsPlugins: readonly string[] = [
  'any',
  'autopath',
  'bind',
  'bufsize',
  'cache',
  'debug',
  'errors',
  'forward',
  'health',
  'hosts',
  'kubernetes',
  'loadbalance',
  'log',
  'loop',
  'prometheus',
  'ready',
  'reload',
  'rewrite',
  'template',
  'whoami',
];

export const coredns: CatalogEntry = {
  component: 'coredns',
  files: ['coredns'],
  release(version, architecture) {
    const url = `${githubRelease('coredns/coredns', `v${version}`)}/coredns_${version}_linux_${architecture}.tgz`;
    return [{ url, checksum: { kind: 'text', url: `${url}.sha256` }, content: { members: { coredns: 'coredns' } } }];
  },
  goRecipe: (version) => ({
    module: 'coredns',
    requires: [['github.com/coredns/coredns', `v${version}`]],
    packages: ['.'],
    // The generated module's name.
    renames: { program: 'coredns' },
    cgo: false,
    ldflags: [],
    // Needed by 1.10; Go accepts it for programs that would pass the check, too.
    oldLinkname: minorOf(version) < 12,
    needs: [],
    coldSeconds: minorOf(version) < 12 ? 90 : 120,
  }),
};
