import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realCfssl } from '../../support/cfssl.ts';
import { root } from '../../unit/pki/elsewhere.ts';
import { temporaryFolder } from '../../unit/pki/fixture.ts';
import { cli } from '../../unit/cli/io.ts';
import { byCfssl } from './tools.ts';

const real = await realCfssl();
const missing = 'missing' in real ? ` (${real.missing})` : '';

describe.skipIf('missing' in real)(`what real cfssl signs for a cluster${missing}`, () => {
  test('by the requests that are written out is taken, with their profiles', async () => {
    if ('missing' in real) return;
    const folder = await temporaryFolder();
    const inventory = join(folder, 'inventory.yaml');
    const host = { name: 'm1', address: '10.0.0.1', roles: ['etcd', 'master', 'node'] };
    writeFileSync(inventory, JSON.stringify({ cluster: { name: 'own' }, hosts: [host] }));
    const ca = await root({ name: 'etcd elsewhere', at: new Date() });
    const [cert, key, out] = [join(folder, 'ca.pem'), join(folder, 'ca-key.pem'), join(folder, 'out')];
    writeFileSync(cert, ca.certPem);
    writeFileSync(key, ca.keyPem, { mode: 0o600 });
    mkdirSync(out);
    expect((await cli('certs', 'import-ca', 'etcd', '--cert', cert, '--offline', '-i', inventory)).code).toBe(0);
    expect((await cli('certs', 'requests', inventory, '--out', out)).code).toBe(0);
    for (const name of readdirSync(out).filter((file) => file.endsWith('.csr'))) {
      const profile = /^etcd-(server|peer)/.test(name) ? 'peer' : 'client';
      const by = ['-ca', cert, '-ca-key', key, '-config', join(out, 'ca-config.json'), '-profile', profile];
      const outcome = await byCfssl(real.cfssl, ['sign', ...by, join(out, name)]);
      if ('refused' in outcome) throw new Error(outcome.refused);
      writeFileSync(join(out, name.replace('.csr', '.pem')), outcome.made.cert ?? '');
    }
    const back = await cli('certs', 'import', out, '-i', inventory, '-o', 'plain');
    expect([back.code, back.out]).toEqual([0, expect.stringMatching(/taken: .*etcd-server of m1/)]);
    const stored = readFileSync(join(folder, '.k8sup/own/pki/hosts/m1/etcd-server.pem'), 'utf8');
    expect(readFileSync(join(out, 'etcd-server.m1.pem'), 'utf8').trim()).toBe(stored.trim());
  });
});
