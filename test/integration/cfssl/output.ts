import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { realCfssl } from '../../support/cfssl.ts';
import { because } from '../../support/upstream.ts';
import { listShape } from './shape.ts';
import { openssl, openWorkspace, runJson, runText } from './tools.ts';

const real = await realCfssl();
const missing = 'missing' in real ? real.missing : undefined;
const { cfssl, cfssljson } = 'missing' in real ? { cfssl: '', cfssljson: '' } : real;
const work = openWorkspace();
afterAll(() => work.remove());

const names = { C: 'DE', ST: 'Bayern', L: 'München', O: 'k8s', OU: 'u', OID: { '2.5.4.17': '12345' } };
const web = { CN: 'web', serialnumber: '7', hosts: ['a.example', '10.0.0.1', 'fd00::1'], names: [names, { O: 'b' }] };

async function authority(key: object = { algo: 'ecdsa', size: 256 }): Promise<readonly [string, string]> {
  const made = await runJson(cfssl, ['gencert', '-initca', work.file('ca.json', { CN: 'root', names: [names], key })]);
  return [work.file('ca.pem', String(made['cert'])), work.file('ca-key.pem', String(made['key']))];
}

async function leaf(ca: readonly [string, string], csr: object): Promise<Readonly<Record<string, unknown>>> {
  return runJson('k8sup', ['gencert', '-ca', ca[0], '-ca-key', ca[1], work.file('csr.json', csr)]);
}

describe.skipIf(missing !== undefined)(`what k8sup pki prints${because(missing)}`, () => {
  test('of a certificate is what cfssl certinfo prints', async () => {
    const ca = await authority();
    for (const file of [ca[0], work.file('leaf.pem', String((await leaf(ca, web))['cert']))]) {
      const theirs = await runText(cfssl, ['certinfo', '-cert', file]);
      expect(await runText('k8sup', ['certinfo', '-cert', file])).toBe(theirs);
    }
  });

  test('of a request has what cfssl prints but the key in numbers, the attributes in pieces, and URIs in pieces', async () => {
    const { csr } = await leaf(await authority(), { ...web, hosts: [...web.hosts, 'x@y.org'] });
    const file = work.file('web.csr', String(csr));
    const words = ['certinfo', '-csr', file];
    const theirs = Object.entries(await runJson(cfssl, words));
    const left = ['PublicKey', 'Attributes', 'ExtraExtensions'];
    expect(await runJson('k8sup', words)).toEqual(Object.fromEntries(theirs.filter(([key]) => !left.includes(key))));
  });

  test.each(['config', 'csr'])('as a default %s is what cfssl prints', async (type) => {
    expect(await runText('k8sup', ['print-defaults', type])).toBe(await runText(cfssl, ['print-defaults', type]));
  });

  test.each(['1', '123456789012345678901234567890\n\n255\n', ''])(
    'as a list of %j revoked is a list like that of cfssl',
    async (serials) => {
      const [cert, key] = await authority();
      const words = ['gencrl', work.file('serials', serials), cert, key, '3600'];
      const [ours, theirs] = (await Promise.all([runText('k8sup', words), runText(cfssl, words)])).map((text) =>
        Buffer.from(text, 'base64'),
      );
      const [mine = [], real = []] = [ours, theirs].map((der) => listShape(der ?? Buffer.alloc(0)));
      // A list without a number breaks RFC 5280, 5.2.3.
      expect(mine.filter((line) => !line.startsWith('extension 2.5.29.20'))).toEqual(real);
      const text = openssl(['crl', '-inform', 'PEM', '-noout', '-text', '-CAfile', cert], pem(ours));
      expect(text).toMatch(/CRL Number/);
      expect(openssl(['crl', '-noout', '-CAfile', cert], pem(ours))).toBe('');
    },
  );

  test('cfssljson takes, and it writes the very files that --bare writes', async () => {
    const json = await runText('k8sup', ['gencert', '-initca', work.file('ca.json', { CN: 'ca' })]);
    const folder = join(work.folder, 'bare');
    mkdirSync(folder);
    execFileSync(cfssljson, ['-bare', 'ca'], { cwd: folder, input: json });
    const made = JSON.parse(json) as Readonly<Record<'cert' | 'csr' | 'key', string>>;
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect([read('ca.pem'), read('ca-key.pem'), read('ca.csr')].map((text) => text.trim())).toEqual(
      [made.cert, made.key, made.csr].map((text) => text.trim()),
    );
    const bare = join(folder, 'own');
    await runText('k8sup', ['gencert', '-initca', '--bare', bare, work.file('ca.json', { CN: 'ca' })]);
    for (const ending of ['.pem', '-key.pem', '.csr']) expect(existsSync(`${bare}${ending}`)).toBe(true);
    expect(statSync(`${bare}-key.pem`).mode & 0o777).toBe(statSync(join(folder, 'ca-key.pem')).mode & 0o777);
    writeFileSync(join(folder, 'check.pem'), read('ca.pem'));
    expect(openssl(['verify', '-CAfile', join(folder, 'ca.pem'), join(folder, 'check.pem')])).toMatch(/OK/);
  });
});

function pem(der: Buffer | undefined): string {
  return `-----BEGIN X509 CRL-----\n${(der ?? Buffer.alloc(0)).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`;
}
