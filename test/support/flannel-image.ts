import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCacheDir } from '../../src/artifacts/cache.ts';
import { dockerArchive } from '../../src/lab/images/docker-archive.ts';
import type { TarEntry } from '../../src/lab/images/tar.ts';
import type { LabHandle } from './lab.ts';

/** A name of the lab's own, so that nobody takes it for upstream's image. */
export const flannelImageName = 'k8sup.lab/flannel:1';

const packetFilters = [
  'iptables',
  'iptables-save',
  'iptables-restore',
  'ip6tables',
  'ip6tables-save',
  'ip6tables-restore',
];

/**
 * Writes an image with what upstream's two images of flannel have at the same places, from the programs that units run and the packet filters of a host of the lab, and
 * gives its tarball.
 */
export async function flannelImage(lab: LabHandle): Promise<string> {
  const artifact = (component: string, version: string, name: string): Buffer =>
    readFileSync(join(defaultCacheDir(), component, version, 'linux-amd64', name));
  const files: readonly TarEntry[] = [
    program('opt/bin/flanneld', artifact('flannel', '0.28.4', 'flanneld')),
    program('flannel', artifact('cni-plugin-flannel', '0.9.1', 'flannel')),
    program('bin/busybox', readFileSync('/bin/busybox')),
    ...['cp', 'sh'].map((name): TarEntry => ({ type: 'link', name: `bin/${name}`, target: 'busybox' })),
    ...packetFilters.map((name): TarEntry => ({ type: 'link', name: `usr/sbin/${name}`, target: 'xtables-nft-multi' })),
    { type: 'directory', name: 'tmp', mode: 0o1777 },
    ...(await filesOf(lab)),
  ];
  const path = join(lab.dir, 'flannel.tar');
  writeFileSync(path, dockerArchive({ name: flannelImageName, files, entrypoint: [], arch: process.arch }));
  return path;
}

/** Packet filters with their libraries, as a host has them. */
async function filesOf(lab: LabHandle): Promise<readonly TarEntry[]> {
  const script = `programs='/usr/sbin/nft /usr/sbin/xtables-nft-multi'
for f in $programs $(ldd $programs | grep -o '/lib[^ :]*' | sort -u) /usr/lib/*/xtables/*.so; do echo "$f $(base64 -w 0 "$f")"; done`;
  return (await lab.ssh('h1', script)).split('\n').flatMap((line) => {
    const [path = '', data = ''] = line.split(' ');
    return path === '' ? [] : [program(path.slice(1), Buffer.from(data, 'base64'))];
  });
}

function program(name: string, data: Buffer): TarEntry {
  return { type: 'file', name, mode: 0o755, data };
}
