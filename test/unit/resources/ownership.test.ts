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
      'tree\t/srv/old\tkept 750',
    ]);
  });

  it('takes a folder k8sup made itself, and that becomes a tree, as fresh', async () => {
    using host = fakeHost();
    await own(host, 'k8sup_own_dirs /srv/a; mkdir /srv/a; k8sup_own_tree /srv/a');
    expect(manifest(host)).toEqual(['dir\t/srv/a\t', 'tree\t/srv/a\tfresh']);
  });
});

async function own(host: FakeHost, script: string): Promise<void> {
  await host.sh(`set -e\n${ownershipFunctions}\n${script}`);
}

const manifest = (host: FakeHost): readonly string[] =>
  host.read('/var/lib/k8sup/manifest').replace(/\n$/, '').split('\n');
