import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../../../src/cli/program.ts';
import { memory } from '../../report/output.ts';
import { cli } from '../io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-pki-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ec = { algo: 'ecdsa', size: 256 };

function file(name: string, content: string | object): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function authority(): Promise<readonly [string, string]> {
  const { out } = await cli('pki', 'gencert', '-initca', file('ca.json', { CN: 'root', key: ec }));
  const { cert, key } = JSON.parse(out) as Readonly<Record<'cert' | 'key', string>>;
  return [file('ca.pem', cert), file('ca-key.pem', key)];
}

describe('flags are read as cfssl reads them', () => {
  test.each([
    ['one dash', (ca: string, key: string) => ['-ca', ca, '-ca-key', key, '-hostname', 'a.example']],
    ['two dashes', (ca: string, key: string) => ['--ca', ca, '--ca-key', key, '--hostname', 'a.example']],
    ['an equals sign', (ca: string, key: string) => [`-ca=${ca}`, `--ca-key=${key}`, '-hostname=a.example']],
    ['file:', (ca: string, key: string) => ['-ca', `file:${ca}`, '-ca-key', `file:${key}`, '-hostname', 'a.example']],
    [
      'a log level',
      (ca: string, key: string) => [
        '-loglevel=1',
        '-ca',
        ca,
        '-ca-key',
        key,
        '-loglevel',
        '2',
        '-hostname',
        'a.example',
      ],
    ],
    [
      'a switch that is off',
      (ca: string, key: string) => ['-initca=false', '-ca', ca, '-ca-key', key, '-hostname', 'a.example'],
    ],
  ])('with %s', async (_what, flags) => {
    const [ca, key] = await authority();
    const { code, out } = await cli('pki', 'gencert', ...flags(ca, key), file('web.json', { CN: 'web', key: ec }));
    expect(code).toBe(0);
    const { cert } = JSON.parse(out) as { readonly cert: string };
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:a.example');
  });

  test.each([
    [['gencert', '-remote', 'x', 'csr.json'], 'no -remote: it signs with the key beside it'],
    [['sign', '--db-config=x', 'a.csr'], 'no -db-config'],
    [['bundle', '-int-dir', 'x'], 'no -int-dir'],
    [['gencert', '-initca=maybe', 'csr.json'], '"maybe" is no value of -initca'],
    [['gencert', '-initca', '-hostname', 'a', 'csr.json'], '-hostname is not for a new authority'],
    [['gencert', '-hostnam', 'x', 'csr.json'], "unknown option '--hostnam'"],
    [['gencert', '-ca', 'env:CA', '-ca-key', 'env:KEY', 'csr.json'], 'no place'],
    [['certinfo'], 'not said what'],
    [['bundle', '-cert', 'x'], 'no roots'],
    [['sign', '-ca', 'a', '-ca-key', 'b'], 'the request'],
  ])('and refused by name: %j', async (words, said) => {
    file('csr.json', { CN: 'x' });
    const { code, out, err } = await cli(
      'pki',
      ...words.map((word) => (word === 'csr.json' ? join(folder, word) : word)),
    );
    expect([code, out]).toEqual([64, '']);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(said === 'no place' ? 'names a variable of the environment' : said);
  });

  test('and a file that is not there is told', async () => {
    const { code, err } = await cli('pki', 'genkey', join(folder, 'none.json'));
    expect(code).toBe(64);
    expect(err).toContain('FILE_UNREADABLE');
  });

  test('and - is standard input', async () => {
    const [out, err] = [memory(), memory()];
    const io = {
      out: out.stream,
      err: err.stream,
      in: Readable.from(['{ "CN": "web",', ' "key": { "algo": "ecdsa" } }']),
      env: {},
    };
    expect(await runCli(['pki', 'genkey', '-'], io)).toBe(0);
    expect(Object.keys(JSON.parse(out.text()) as object)).toEqual(['csr', 'key']);
  });
});

describe('--bare writes files', () => {
  test('the key for its owner alone, and says which', async () => {
    const bare = join(folder, 'own');
    const { code, out } = await cli(
      'pki',
      'gencert',
      '-initca',
      '--bare',
      bare,
      file('ca.json', { CN: 'root', key: ec }),
    );
    expect([code, out]).toEqual([0, `wrote ${bare}-key.pem, ${bare}.pem, ${bare}.csr\n`]);
    expect(statSync(`${bare}-key.pem`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${bare}.csr`, 'utf8')).toContain('CERTIFICATE REQUEST');
  });

  test('but replaces no key unless told, and then gives it its mode', async () => {
    const bare = join(folder, 'own');
    const key = file('own-key.pem', 'old');
    const words = ['pki', 'gencert', '-initca', '--bare', bare, file('ca.json', { CN: 'root', key: ec })];
    const refused = await cli(...words);
    expect(refused.code).toBe(64);
    expect(refused.err).toContain('PKI_KEY_EXISTS');
    const early = await cli('pki', 'genkey', '--bare', bare, join(folder, 'none.json'));
    expect(early.err, 'before anything is read or made').toContain('PKI_KEY_EXISTS');
    expect([readFileSync(key, 'utf8'), existsSync(`${bare}.pem`)]).toEqual(['old', false]);
    expect((await cli(...words, '--force')).code).toBe(0);
    expect(readFileSync(key, 'utf8')).toContain('EC PRIVATE KEY');
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });

  test('of a signed request without a key, whatever keys are there', async () => {
    const [ca, key] = await authority();
    await cli('pki', 'genkey', '--bare', join(folder, 'web'), file('web.json', { CN: 'web', key: ec }));
    const words = ['-ca', ca, '-ca-key', key, '--bare', join(folder, 'web'), join(folder, 'web.csr')];
    expect((await cli('pki', 'sign', ...words)).code).toBe(0);
    expect(new X509Certificate(readFileSync(join(folder, 'web.pem'))).subject).toBe('CN=web');
  });
});

describe('certinfo -domain', () => {
  test('tells about the certificate that a server shows', async () => {
    const [ca, key] = await authority();
    const server = createServer({ cert: readFileSync(ca), key: readFileSync(key) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, out } = await cli('pki', 'certinfo', '-domain', `127.0.0.1:${port}`);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ subject: { common_name: 'root' }, pem: readFileSync(ca, 'utf8') });
    } finally {
      server.close();
    }
  });

  test.each(['127.0.0.1:1', 'a b', '127.0.0.1:99999'])('and refuses %j', async (domain) => {
    const { code, err } = await cli('pki', 'certinfo', '-domain', domain);
    expect(code).toBe(15);
    expect(err).toContain('PKI_DOMAIN');
  });
});
