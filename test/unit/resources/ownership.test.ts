import { describe, expect, it } from 'vitest';
import { ownershipFunctions } from '../../../src/resources/ownership.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';

describe.skipIf(noFakeHost !== undefined)('the ownership manifest', () => {
  it('has each thing once, with the value of the first time', async () => {
    using host = fakeHost();
    await own(host, 'k8sup_own unit a.service enabled; k8sup_own unit a.service disabled; k8sup_own unit b.service');
    expect(manifest(host)).toEqual(['unit\ta.service\tenabled', 'unit\tb.service\t']);
  });

  it('keeps kinds and names apart that only begin or end alike', async () => {
    using host = fakeHost();
    await own(
      host,
      'k8sup_own swap-unit x y; k8sup_own unit x z; k8sup_own unit xx z; k8sup_own link . a; k8sup_own swap-unit "dev-a\\x2db.swap" c; k8sup_own swap-unit "dev-a\\x2db.swap" d',
    );
    expect(manifest(host)).toEqual([
      'swap-unit\tx\ty',
      'unit\tx\tz',
      'unit\txx\tz',
      'link\t.\ta',
      'swap-unit\tdev-a\\x2db.swap\tc',
    ]);
  });

  it('has no folder that was there before, and not the root', async () => {
    using host = fakeHost();
    await own(
      host,
      'k8sup_own_dirs /; k8sup_own_dirs /srv; k8sup_own_dirs /srv/a/b; mkdir -p /srv/a/b; k8sup_own_dirs /srv/a/b/c',
    );
    expect(manifest(host)).toEqual(['dir\t/srv/a\t', 'dir\t/srv/a/b\t', 'dir\t/srv/a/b/c\t']);
  });

  it('copies what a file replaced before it is written down, and a second time where a run was cut between', async () => {
    using host = fakeHost();
    host.write('/srv/x', 'before', 0o600);
    await own(host, 'k8sup_own_file /srv/x; : > /var/lib/k8sup/manifest; k8sup_own_file /srv/x; k8sup_own_file /srv/x');
    const [line = ''] = manifest(host);
    expect(manifest(host)).toHaveLength(1);
    expect(host.read(line.split('\t')[2] ?? '')).toBe('before');
  });

  it('copies a link as a link', async () => {
    using host = fakeHost();
    await own(host, 'ln -s /nowhere /srv/x; k8sup_own_file /srv/x');
    const copy = manifest(host)[0]?.split('\t')[2] ?? '';
    expect(await host.sh(`readlink ${copy}`)).toBe('/nowhere\n');
  });

  it('knows a tree that k8sup made from one that was there, and what is mounted below', async () => {
    using host = fakeHost({ before: 'mkdir -p /srv/old/disk && mount -t tmpfs disk /srv/old/disk' });
    await own(
      host,
      'k8sup_own_tree /srv/new/tree; chmod 750 /srv/old; k8sup_own_tree /srv/old; k8sup_own_tree /srv/old',
    );
    expect(manifest(host)).toEqual([
      'dir\t/srv/new\t',
      'tree\t/srv/new/tree\tfresh',
      'kept-mount\t/srv/old/disk\t',
      'tree\t/srv/old\tkept 750 0:0',
    ]);
  });

  it('takes a folder k8sup made itself, and that becomes a tree, as fresh', async () => {
    using host = fakeHost();
    await own(host, 'k8sup_own_dirs /srv/a; mkdir /srv/a; k8sup_own_tree /srv/a');
    expect(manifest(host)).toEqual(['dir\t/srv/a\t', 'tree\t/srv/a\tfresh']);
  });

  it('has no tree that holds what k8sup did not make, and says what', async () => {
    using host = fakeHost();
    host.write('/srv/data/images/x', '');
    await expect(own(host, 'k8sup_own_tree /srv/data')).rejects.toThrow('make (/srv/data/images/x)');
    expect(await host.sh('cat /var/lib/k8sup/manifest 2>/dev/null || :')).toBe('');
  });

  it('has a tree that k8sup filled in a run that was cut short', async () => {
    using host = fakeHost();
    await own(
      host,
      'k8sup_own_file /srv/a/x; : > /srv/a/x; k8sup_own_tree /srv/a; mkdir /srv/b; k8sup_own_tree /srv/b',
    );
    host.write('/srv/b/x', '');
    await own(host, 'k8sup_own_tree /srv/a; k8sup_own_tree /srv/b');
    expect(manifest(host)).toContain('tree\t/srv/a\tfresh');
    expect(manifest(host)).toContain('tree\t/srv/b\tkept 755 0:0');
  });

  it('takes no notice of what a file system brings with it, and of empty folders', async () => {
    using host = fakeHost();
    host.write('/srv/disk/lost+found/x', '');
    await own(host, 'mkdir -p /srv/disk/a/b; k8sup_own_tree /srv/disk');
    expect(manifest(host)).toEqual(['tree\t/srv/disk\tkept 755 0:0']);
  });

  it('names a tree by its real path, unless an earlier k8sup named the link', async () => {
    using host = fakeHost();
    await host.sh(
      'mkdir -p -m 701 /srv/disk/docker /srv/disk/etcd; ln -s /srv/disk/docker /srv/docker; ln -s /srv/disk/etcd /srv/etcd',
    );
    await own(
      host,
      'k8sup_own tree /srv/etcd "kept 777"; touch /srv/etcd/x; k8sup_own_tree /srv/docker; k8sup_own_tree /srv/etcd',
    );
    expect(manifest(host)).toEqual(['tree\t/srv/etcd\tkept 777', 'tree\t/srv/disk/docker\tkept 701 0:0']);
  });

  it('is on the disk before what it tells of, as is the copy it names', async () => {
    using host = fakeHost();
    host.write('/srv/x', 'before');
    host.program('sync', 'echo "sync $*" >> /run/log; cat "$1" >> /run/log');
    await own(host, 'k8sup_own_file /srv/x; echo changed >> /run/log');
    expect(host.read('/run/log')).toMatch(
      /^sync (\/var\/lib\/k8sup\/before\/\w+)\nbeforesync \/var\/lib\/k8sup\/manifest\nfile\t\/srv\/x\t\1\nchanged\n$/,
    );
  });
});

async function own(host: FakeHost, script: string): Promise<void> {
  await host.sh(`set -e\n${ownershipFunctions}\n${script}`);
}

const manifest = (host: FakeHost): readonly string[] =>
  host.read('/var/lib/k8sup/manifest').replace(/\n$/, '').split('\n');
