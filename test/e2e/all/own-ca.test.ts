import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realCfssl } from '../../support/cfssl.ts';
import { bootLab, good, k8sup, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';

const ec = { algo: 'ecdsa', size: 256 };
const api = 'https://10.88.0.11:6443';

describe.skipIf(noLab !== undefined)(`authorities from elsewhere${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  /** Everything that is not k8sup's. */
  const elsewhere = (...parts: readonly string[]): string => join(lab.dir, 'elsewhere', ...parts);
  const text = (name: string): string => readFileSync(elsewhere(name), 'utf8');
  const certs = async (...args: readonly string[]) => lab.k8sup('certs', ...args, '-i', lab.inventory, '-o', 'json');
  const gencert = async (bare: string, request: object, ...args: readonly string[]): Promise<void> => {
    writeFileSync(elsewhere(`${bare}-csr.json`), JSON.stringify({ key: ec, ...request }));
    const flags = ['--bare', elsewhere(bare), ...args, elsewhere(`${bare}-csr.json`)];
    const { exitCode, stderr } = await k8sup('pki', 'gencert', ...flags);
    expect(exitCode, stderr).toBe(0);
  };
  const by = (ca: string, profile: string): readonly string[] => [
    ...['--ca', elsewhere(`${ca}.pem`), '--ca-key', elsewhere(`${ca}-key.pem`)],
    ...['--config', elsewhere('config.json'), '--profile', profile],
  ];
  const unchanged = async () =>
    expect(good(await lab.k8sup('apply', lab.inventory, '-o', 'json'))).toMatchObject({ changed: 0, restarted: 0 });

  beforeAll(async () => {
    lab = await bootLab('e2e-own-ca', 1, 'newest');
    lab.edit(({ cluster, hosts }) => {
      Object.assign(cluster, { name: 'e2e-own' });
      for (const host of hosts) host.roles = ['etcd', 'master', 'node'];
    });
    mkdirSync(elsewhere());
    const profiles = {
      authority: {
        usages: ['cert sign', 'crl sign'],
        expiry: '43800h',
        ca_constraint: { is_ca: true, max_path_len: 0, max_path_len_zero: true },
      },
      client: { usages: ['signing', 'client auth'], expiry: '8760h' },
    };
    writeFileSync(elsewhere('config.json'), JSON.stringify({ signing: { default: { expiry: '8760h' }, profiles } }));
    await gencert('root', { CN: 'company root', ca: { expiry: '87600h' } }, '--initca');
    await gencert('kubernetes', { CN: 'company kubernetes' }, ...by('root', 'authority'));
    await gencert('mail', { CN: 'company mail' }, ...by('root', 'authority'));
    await gencert('etcd', { CN: 'company etcd', ca: { expiry: '87600h' } }, '--initca');
    const stranger = { CN: 'kubernetes-admin', names: [{ O: 'system:masters' }] };
    await gencert('stranger', stranger, ...by('mail', 'client'));
  });
  afterAll(() => lab.down());

  test('an apply stops before it changes a host while etcd’s certificates wait to be signed elsewhere', async () => {
    const middle = ['--cert', elsewhere('kubernetes.pem'), '--key', elsewhere('kubernetes-key.pem')];
    good(await certs('import-ca', 'kubernetes', ...middle, '--chain', elsewhere('root.pem')));
    good(await certs('import-ca', 'etcd', '--cert', elsewhere('etcd.pem'), '--offline'));
    const stopped = await lab.k8sup('apply', lab.inventory, '-o', 'json');
    expect(stopped.exitCode).toBe(15);
    expect(stopped.stdout + stopped.stderr).toMatch(/PKI_REQUESTS/);
    expect(await lab.ssh('h1', 'ls -d /etc/etcd /etc/kubernetes /opt/k8sup 2>/dev/null || true')).toBe('');
  });

  test('and goes through with what openssl signed: the cluster works, and a second apply changes nothing', async () => {
    const out = elsewhere('usb');
    good(await lab.k8sup('certs', 'requests', lab.inventory, '--out', out, '-o', 'json'));
    for (const name of readdirSync(out).filter((file) => file.endsWith('.csr'))) {
      const ca = ['-CA', elsewhere('etcd.pem'), '-CAkey', elsewhere('etcd-key.pem')];
      const files = ['-in', join(out, name), '-out', join(out, name.replace('.csr', '.pem'))];
      execFileSync('openssl', ['x509', '-req', ...files, ...ca, '-days', '365', '-copy_extensions', 'copy'], {
        stdio: 'ignore',
      });
    }
    good(await certs('import', out));
    good(await lab.k8sup('apply', lab.inventory, '-o', 'json'));
    await unchanged();
  });

  test('certs shows who signed each, and that all are in use', async () => {
    const result = await lab.k8sup('certs', 'list', lab.inventory, '-o', 'json');
    const event = result.events.find(({ type }) => type === 'certificates');
    if (event?.type !== 'certificates') throw new Error(result.stderr);
    const issuers = Object.fromEntries(
      event.certificates.map(({ where, name, issuer }) => [`${where} ${name}`, issuer]),
    );
    expect(issuers).toMatchObject({
      'controller kubernetes-ca': 'company root',
      'controller admin': 'company kubernetes',
      'h1 kube-apiserver': 'company kubernetes',
      'h1 kubelet-client': 'company kubernetes',
      'h1 kubelet-server': 'company kubernetes',
      'h1 etcd-server': 'company etcd',
      'h1 apiserver-etcd-client': 'company etcd',
      'h1 front-proxy-client': 'front-proxy-ca',
    });
    expect(event.certificates.filter(({ use }) => use !== 'in use')).toEqual([]);
  });

  test('who knows the root alone knows the apiserver; pods have the chain up to it; another authority of the root lets nobody in', async () => {
    const give = (name: string, content: string): Promise<string> =>
      lab.ssh('h1', `umask 077; cat > /root/${name} <<'EOF'\n${content}EOF`);
    await give('root.pem', text('root.pem'));
    await give('s.pem', text('stranger.pem') + text('mail.pem') + text('root.pem'));
    await give('s-key.pem', text('stranger-key.pem'));
    const code = (flags: string) => lab.ssh('h1', `curl -s -o /dev/null -w '%{http_code}' ${flags} ${api}/api`);
    expect(await code('--cacert /root/root.pem')).toBe('401');
    expect(await code('--cacert /root/root.pem --cert /root/s.pem --key /root/s-key.pem')).toBe('401');
    const own =
      '--cert /etc/kubernetes/pki/apiserver-kubelet-client.crt --key /etc/kubernetes/pki/apiserver-kubelet-client.key';
    expect(await code(`--cacert /root/root.pem ${own}`)).toMatch(/^(200|403)$/);
    const bundle = await lab.kubectl('get', 'configmap', 'kube-root-ca.crt', '-o', "jsonpath={.data['ca\\.crt']}");
    expect(bundle.trim()).toBe((text('kubernetes.pem') + text('root.pem')).trim());
    // As programs with OpenSSL do, which want a root at the end.
    await give('bundle.pem', `${bundle.trim()}\n`);
    expect(await lab.ssh('h1', 'openssl verify -CAfile /root/bundle.pem /etc/kubernetes/pki/apiserver.crt')).toMatch(
      /: OK$/,
    );
  });

  test('rotate-ca asks by what; another of the root takes its place while the cluster works', async () => {
    const refused = await lab.k8sup('certs', 'rotate-ca', 'kubernetes', lab.inventory, '-o', 'json');
    expect([refused.exitCode, refused.stdout + refused.stderr]).toEqual([15, expect.stringMatching(/PKI_BROUGHT/)]);
    await gencert('next', { CN: 'company kubernetes 2' }, ...by('root', 'authority'));
    const next = [
      '--cert',
      elsewhere('next.pem'),
      '--key',
      elsewhere('next-key.pem'),
      '--chain',
      elsewhere('root.pem'),
    ];
    const rotate = ['certs', 'rotate-ca', 'kubernetes', lab.inventory, ...next, '--restart-pods', '-o', 'json'];
    good(await lab.k8sup(...rotate));
    const bundle = await lab.kubectl('get', 'configmap', 'kube-root-ca.crt', '-o', "jsonpath={.data['ca\\.crt']}");
    expect(bundle.trim()).toBe((text('next.pem') + text('root.pem')).trim());
    expect(await lab.ssh('h1', 'cat /etc/kubernetes/pki/ca.crt')).toBe(text('next.pem').trim());
    await unchanged();
  });

  test('what cfssl made is on the hosts as it was, and not made anew', async () => {
    good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
    lab.edit(({ cluster }) => Object.assign(cluster, { name: 'e2e-taken' }));
    await byCfssl(elsewhere('cfssl'));
    good(await certs('take-over', 'cfssl', elsewhere('cfssl')));
    good(await lab.k8sup('apply', lab.inventory, '-o', 'json'));
    const serial = (pem: string): string => new X509Certificate(pem).serialNumber;
    const onHost = async (path: string): Promise<string> => serial(await lab.ssh('h1', `cat ${path}`));
    const given = (name: string): string => serial(text(`cfssl/${name}.pem`));
    expect(await onHost('/etc/kubernetes/pki/ca.crt')).toBe(given('ca'));
    expect(await onHost('/etc/kubernetes/pki/apiserver.crt')).toBe(given('kubernetes'));
    expect(await onHost('/etc/etcd/pki/server.crt')).toBe(given('etcd'));
    expect(await onHost('/etc/etcd/pki/peer.crt')).toBe(given('etcd'));
    const inKubeconfig = await lab.ssh(
      'h1',
      "sed -n 's/^ *client-certificate-data: *//p' /etc/kubernetes/scheduler.kubeconfig | base64 -d",
    );
    expect(serial(inKubeconfig)).toBe(given('kube-scheduler'));
    await unchanged();
  });
});

/** A cluster's certificates as tutorials make them with cfssl: one profile for all, RSA, subjects with places. */
async function byCfssl(folder: string): Promise<void> {
  mkdirSync(folder);
  const real = await realCfssl();
  const usages = ['signing', 'key encipherment', 'server auth', 'client auth'];
  const profiles = { kubernetes: { usages, expiry: '8760h' } };
  const config = join(folder, 'ca-config.json');
  writeFileSync(config, JSON.stringify({ signing: { default: { expiry: '8760h' }, profiles } }));
  const make = async (name: string, request: object, flags: readonly string[]): Promise<void> => {
    const csr = join(folder, `${name}-csr.json`);
    writeFileSync(csr, JSON.stringify({ key: { algo: 'rsa', size: 2048 }, ...request }));
    // k8sup's are the same where there is no Go to build cfssl with.
    const stdout =
      'missing' in real
        ? (await k8sup('pki', 'gencert', ...flags, csr)).stdout
        : execFileSync(real.cfssl, ['gencert', ...flags, csr], {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
          });
    const { cert, key } = JSON.parse(stdout) as { readonly cert: string; readonly key: string };
    writeFileSync(join(folder, `${name}.pem`), cert);
    writeFileSync(join(folder, `${name}-key.pem`), key, { mode: 0o600 });
  };
  const place = { C: 'CN', ST: 'HangZhou', L: 'XS' };
  const sign = (ca: string): readonly string[] => [
    ...['-ca', join(folder, `${ca}.pem`), '-ca-key', join(folder, `${ca}-key.pem`)],
    ...['-config', config, '-profile', 'kubernetes'],
  ];
  await make('ca', { CN: 'kubernetes-ca', names: [{ ...place, O: 'k8s' }], ca: { expiry: '87600h' } }, ['-initca']);
  await make('etcd-ca', { CN: 'etcd-ca', names: [place], ca: { expiry: '87600h' } }, ['-initca']);
  const names = ['10.88.0.11', 'h1', '127.0.0.1', '::1', 'localhost', '10.96.0.1', 'kubernetes', 'kubernetes.default'];
  const service = ['kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'api.lan'];
  await make(
    'kubernetes',
    { CN: 'kubernetes', hosts: [...names, ...service], names: [{ ...place, O: 'k8s' }] },
    sign('ca'),
  );
  await make('etcd', { CN: 'etcd', hosts: names.slice(0, 5), names: [place] }, sign('etcd-ca'));
  await make('kube-scheduler', { CN: 'system:kube-scheduler', hosts: [], names: [place] }, sign('ca'));
}
