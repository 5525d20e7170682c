import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { loadInventory } from '../../../src/inventory/load.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { statePaths } from '../../../src/cli/state.ts';
import { openClusterPki } from '../../../src/pki/index.ts';
import { cli } from './io.ts';

let folder: string;
let inventory: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-commands-'));
  inventory = join(folder, 'inventory.yaml');
  writeFileSync(inventory, 'cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('validate', () => {
  it('says what a good inventory is of', async () => {
    const { code, out } = await cli('validate', inventory);
    expect(code).toBe(0);
    expect(out).toContain('is right: cluster one, Kubernetes ');
    expect(out).toContain('1 hosts');
  });

  it('tells once that network policies have no effect, and how they would have one', async () => {
    const { code, out } = await cli('validate', inventory);
    expect(code).toBe(0);
    expect(out).toMatch(
      /warning: .*NetworkPolicy objects have no effect with flannel.*\[NETWORK_POLICY_NOT_ENFORCED\]/s,
    );
    expect(out).toContain('network.policy: kube-router');
    writeFileSync(
      inventory,
      'cluster: { name: one, network: { policy: kube-router } }\nhosts: [{ name: h1, address: 192.0.2.1 }]\n',
    );
    expect((await cli('validate', inventory)).out).not.toContain('NETWORK_POLICY_NOT_ENFORCED');
  });

  it('says what a firewall that is kept must let in, by host', async () => {
    writeFileSync(
      inventory,
      'cluster: { name: one, hostPreparation: { firewall: keep } }\nhosts: [{ name: h1, address: 192.0.2.1, roles: [etcd, master, node] }, { name: h2, address: 192.0.2.2 }]\n',
    );
    const { code, out } = await cli('validate', inventory);
    expect(code).toBe(0);
    expect(out).toMatch(/ h1: 2379\/tcp \(etcd clients\) from 192\.0\.2\.2, .*6443\/tcp \(kube-apiserver\), /);
    expect(out).toMatch(/ h2: 10250\/tcp .*all from 10\.244\.0\.0\/16, forwarded from and to it too\n/);
    expect(out).not.toMatch(/ h2: .*6443/);
    writeFileSync(
      inventory,
      readFileSync(inventory, 'utf8').replace('name: one,', 'name: one, network: { plugin: calico },'),
    );
    expect((await cli('validate', inventory)).out).toMatch(
      / h1: .*, IP protocol 4 \(IP in IP\) from 192\.0\.2\.2, all from /,
    );
  });

  it('lists every mistake with its place', async () => {
    writeFileSync(
      inventory,
      'cluster: { name: one, kubernetesVersoin: 1.36.3 }\nhosts: [{ name: h1, address: none }]\n',
    );
    const { code, out, err } = await cli('validate', inventory);
    expect([code, out]).toEqual([10, '']);
    expect(err).toMatch(/inventory\.yaml:1:\d+ .*\[UNKNOWN_KEY\]/);
    expect(err).toMatch(/inventory\.yaml:2:\d+ /);
  });

  it('tells of a file that is not there', async () => {
    const { code, err } = await cli('validate', join(folder, 'none.yaml'));
    expect(code).toBe(10);
    expect(err).toContain('INVENTORY_NOT_FOUND');
  });
});

describe('init', () => {
  it('writes an inventory, and never over one', async () => {
    const file = join(folder, 'new.yaml');
    const first = await cli('init', file);
    expect(first.code).toBe(0);
    expect(first.out).toContain(`k8sup apply ${file}`);
    writeFileSync(file, 'mine\n');
    const second = await cli('init', file);
    expect(second.code).toBe(64);
    expect(second.err).toContain('FILE_EXISTS');
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
  });
});

describe('kubeconfig', () => {
  const config = (): string => join(folder, '.kube', 'config');
  beforeEach(async () => {
    vi.stubEnv('HOME', folder);
    const read = await loadInventory(inventory, networkPlugins);
    await openClusterPki(statePaths(read).pki, read);
  });

  it('is refused where no cluster was made from here', async () => {
    rmSync(join(folder, '.k8sup'), { recursive: true });
    const { code, err } = await cli('kubeconfig', inventory);
    expect(code).toBe(15);
    expect(err).toContain('NO_CLUSTER');
  });

  it('is printed whole, and nothing is written', async () => {
    const { code, out } = await cli('kubeconfig', inventory);
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({
      clusters: [{ name: 'one', cluster: { server: 'https://192.0.2.11:6443' } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one-admin' } }],
      users: [{ name: 'one-admin' }],
      'current-context': 'one',
    });
    expect(existsSync(config())).toBe(false);
  });

  it('is merged into a file that is not there yet, for its owner alone', async () => {
    const { code, out } = await cli('kubeconfig', inventory, '--merge');
    expect(code).toBe(0);
    expect(out).toBe(`context one is in ${config()} now, and is the current one\n`);
    expect(statSync(config()).mode & 0o777).toBe(0o600);
    expect(parse(readFileSync(config(), 'utf8'))).toMatchObject({ 'current-context': 'one' });
  });

  it('is merged beside what is there, in place of what has its name', async () => {
    mkdirSync(join(folder, '.kube'));
    const entry = (name: string) => ({
      clusters: { name, cluster: { server: `https://${name}.example` } },
      contexts: { name, context: { cluster: name, user: `${name}-admin` } },
      users: { name: `${name}-admin`, user: { token: 'old' } },
    });
    const [other, lab] = [entry('other'), entry('lab')];
    const of = (key: 'clusters' | 'contexts' | 'users') => [other[key], lab[key]];
    const old = { clusters: of('clusters'), contexts: of('contexts'), users: of('users'), 'current-context': 'other' };
    writeFileSync(config(), JSON.stringify(old));
    expect((await cli('kubeconfig', inventory, '--merge', '--context', 'lab')).code).toBe(0);
    const merged = parse(readFileSync(config(), 'utf8')) as Record<string, unknown>;
    expect(merged).toMatchObject({
      clusters: [other.clusters, { name: 'lab', cluster: { server: 'https://192.0.2.11:6443' } }],
      contexts: [other.contexts, lab.contexts],
      users: [other.users, { name: 'lab-admin' }],
      'current-context': 'lab',
    });
    expect(JSON.stringify(merged['users'])).toContain('client-key-data');
    expect(JSON.stringify(merged['users']).match(/"token":"old"/g)).toHaveLength(1);
  });

  it('leaves a file alone that is no kubeconfig', async () => {
    mkdirSync(join(folder, '.kube'));
    writeFileSync(config(), '- a list\n');
    const { code, err } = await cli('kubeconfig', inventory, '--merge');
    expect(code).toBe(15);
    expect(err).toContain('KUBECONFIG_INVALID');
    expect(readFileSync(config(), 'utf8')).toBe('- a list\n');
  });
});

describe('pki', () => {
  const request = (): string => {
    const file = join(folder, 'csr.json');
    writeFileSync(file, JSON.stringify({ CN: 'root', key: { algo: 'ecdsa', size: 256 }, ca: { expiry: '8760h' } }));
    return file;
  };

  it('gencert makes an authority, which signs a certificate that certinfo reads', async () => {
    const ca = JSON.parse((await cli('pki', 'gencert', '--initca', request())).out) as Record<'cert' | 'key', string>;
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const csr = file('web.json', JSON.stringify({ CN: 'web', key: { algo: 'ecdsa', size: 256 } }));
    const signing = ['--ca', file('ca.pem', ca.cert), '--ca-key', file('ca-key.pem', ca.key)];
    const made = await cli('pki', 'gencert', ...signing, '--hostname', 'web.example, 192.0.2.9', csr);
    expect(made.code).toBe(0);
    const leaf = JSON.parse(made.out) as { readonly cert: string };
    const info = await cli('pki', 'certinfo', file('web.pem', leaf.cert));
    expect(info.code).toBe(0);
    expect(JSON.parse(info.out)).toMatchObject({
      subject: { common_name: 'web' },
      issuer: { common_name: 'root' },
      sans: ['web.example', '192.0.2.9'],
    });
  });

  it('gencert without an authority to sign is refused', async () => {
    const { code, out, err } = await cli('pki', 'gencert', request());
    expect([code, out]).toEqual([64, '']);
    expect(err).toContain('PKI_NO_CA');
  });
});

describe('lists', () => {
  it('artifacts list has a row for each file, in JSON too', async () => {
    vi.stubEnv('XDG_CACHE_HOME', folder);
    const { code, out } = await cli('artifacts', 'list', inventory);
    expect(code).toBe(0);
    expect(out).toMatch(/^COMPONENT +VERSION +FILE +CACHED +SOURCE\n/);
    const json = await cli('artifacts', 'list', inventory, '-o', 'json');
    const rows = json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly file: string });
    expect(rows.map(({ file }) => file)).toContain('kubelet');
    expect(out.trimEnd().split('\n')).toHaveLength(rows.length + 1);
  });

  it('lab list says so where there is none', async () => {
    const { code, out } = await cli('lab', 'list');
    expect(code).toBe(0);
    expect(out).not.toBe('');
  });
});

describe('the command line', () => {
  it('that is wrong is a usage error with a way out', async () => {
    const { code, err } = await cli('aply');
    expect(code).toBe(64);
    expect(err).toContain('(Did you mean apply?)');
    expect(err).toContain('(see --help)');
    expect((await cli('apply', '--concurrency', '0')).code).toBe(64);
  });

  it('names in its help the defaults that say something', async () => {
    const helps = [
      await cli('pki', 'encrypt', '--help'),
      await cli('lab', 'up', '--help'),
      await cli('apply', '--help'),
    ];
    expect(helps.map(({ out }) => out).join('')).not.toMatch(/default: (\[\]|false)/);
    expect(helps.at(-1)?.out).toMatch(/\(default: \S+\)/);
  });

  it('gives help and version without a host', async () => {
    expect(await cli('--help')).toMatchObject({ code: 0, err: '' });
    expect((await cli('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
