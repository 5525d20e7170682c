import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { certificateStatus } from '../../../../src/cli/status/certificates.ts';
import type { LookedAtHost } from '../../../../src/cli/status/hosts.ts';
import { openClusterPki } from '../../../../src/pki/index.ts';
import { days, now, sampleInventory } from '../../pki/fixture.ts';

const inventory = sampleInventory();
let dir: string;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-status-'));
  dir = join(folder, 'pki');
  await openClusterPki(dir, inventory, { now });
  return () => rmSync(folder, { recursive: true });
});

const hostOf = (kubeletCertificates: LookedAtHost['kubeletCertificates']): LookedAtHost => ({
  status: { name: 'n1', address: '10.0.0.3', roles: ['node'], system: 'Debian', components: [] },
  kubeletCertificates,
});

/** What `status` would tell so many days after the cluster was made. */
async function statusAfter(count: number, hosts: readonly LookedAtHost[] = []) {
  const pki = await openClusterPki(dir, inventory, { now: days(count), dryRun: true });
  return certificateStatus({ pki }, hosts, days(count));
}

describe('the status of certificates', () => {
  it('tells of authorities, of shared leaves, and of those of each host', async () => {
    const found = await statusAfter(100);
    expect(found).toContainEqual({ name: 'etcd-ca', where: 'authority', daysLeft: 3549, nearEnd: false });
    expect(found).toContainEqual({ name: 'admin', where: 'all', daysLeft: 264, nearEnd: false });
    expect(found).toContainEqual({ name: 'kube-proxy', where: 'n1', daysLeft: 264, nearEnd: false });
  });

  it('tells the days of the one in the store also when an apply would make it anew', async () => {
    const found = await statusAfter(300);
    expect(found).toContainEqual({ name: 'admin', where: 'all', daysLeft: 64, nearEnd: true });
    expect(found).toContainEqual({ name: 'etcd-ca', where: 'authority', daysLeft: 3349, nearEnd: false });
  });

  it('is empty before the first apply', async () => {
    const pki = await openClusterPki(join(dir, 'none'), inventory, { now, dryRun: true });
    expect(certificateStatus({ pki }, [], now)).toEqual([]);
  });

  it("tells of both of a kubelet's, which are overdue in their last tenth", async () => {
    const life = (end: number) => ({ notBefore: days(end - 365), notAfter: days(end) });
    const host = hostOf([
      { name: 'kubelet-client', ...life(137) },
      { name: 'kubelet-server', ...life(136) },
    ]);
    const found = (await statusAfter(100, [host])).filter(({ name }) => name.startsWith('kubelet-'));
    expect(found).toEqual([
      { name: 'kubelet-client', where: 'n1', daysLeft: 37, nearEnd: false },
      { name: 'kubelet-server', where: 'n1', daysLeft: 36, nearEnd: true },
    ]);
  });
});
