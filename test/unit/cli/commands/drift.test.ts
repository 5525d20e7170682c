import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Transport } from '../../../../src/transport/transport.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import { root } from '../../pki/elsewhere.ts';
import { temporaryFolder } from '../../pki/fixture.ts';
import { cli } from '../io.ts';

vi.mock('../../../../src/cli/transport-of.ts', () => ({ transportOf: () => transport() }));

const host = fakeHost({ name: 'm1' });
afterEach(() => {
  host[Symbol.dispose]();
});

function transport(): Transport {
  const nothing = (): Promise<void> => Promise.resolve();
  const connect = () => Promise.resolve({ ...host.executor, bytesSent: 0, [Symbol.asyncDispose]: nothing });
  return { prepare: nothing, connect, [Symbol.asyncDispose]: nothing };
}

describe.skipIf(noFakeHost)('k8sup drift', () => {
  test('compares nothing with certificates that are still to be signed elsewhere', async () => {
    const folder = await temporaryFolder();
    const [inventory, cert] = [join(folder, 'inventory.yaml'), join(folder, 'ca.pem')];
    const m1 = { name: 'm1', address: '192.0.2.1', roles: ['etcd', 'master', 'node'] };
    writeFileSync(inventory, JSON.stringify({ cluster: { name: 'own' }, hosts: [m1] }));
    writeFileSync(cert, (await root({ name: 'etcd', at: new Date() })).certPem);
    expect((await cli('certs', 'import-ca', 'etcd', '--cert', cert, '--offline', '-i', inventory)).code).toBe(0);
    const { code, err } = await cli('drift', inventory, '-o', 'plain');
    expect([code, err]).toEqual([15, expect.stringContaining('PKI_REQUESTS')]);
  });
});
