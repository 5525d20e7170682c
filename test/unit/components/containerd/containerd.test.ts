import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { containerd } from '../../../../src/components/containerd/containerd.ts';
import { registryHosts } from '../../../../src/components/containerd/registry-hosts.ts';
import { registryCredentialsFile } from '../../../../src/components/registry-credentials.ts';
import { factsOf, fileOf, hostOf, inventoryOf, newest, withExtras } from '../fixture.ts';

const scratch = mkdtempSync(join(tmpdir(), 'k8sup-containerd-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const config = '/etc/containerd/config.toml';
const host = hostOf(newest, 'h1');

test("a user's settings reach deep into the configuration", () => {
  const runc = { options: { BinaryName: '/opt/lab/runc' } };
  const plugin = { restrict_oom_score_adj: true, containerd: { runtimes: { runc } } };
  const extraConfig = { plugins: { 'io.containerd.cri.v1.runtime': plugin } };
  const given = withExtras(host, 'containerd', { extraConfig });
  const text = fileOf(containerd(newest, given, factsOf()), config).content;
  expect(text).toContain('restrict_oom_score_adj = true');
  expect(text).toContain("BinaryName = '/opt/lab/runc'\nSystemdCgroup = true");
});

test('containerd 1.x gets its own version of the configuration', () => {
  const older = inventoryOf(`
cluster: { name: older, kubernetesVersion: 1.26.15, runtime: { type: containerd, version: 1.7.29 } }
hosts: [{ name: h1, address: 10.88.0.11 }]
`);
  const text = fileOf(containerd(older, hostOf(older, 'h1'), factsOf({ systemdCgroups: false })), config).content;
  expect(text).toMatch(/^version = 2\n/);
  expect(text).toContain("[plugins.'io.containerd.grpc.v1.cri']\nsandbox_image = 'registry.k8s.io/pause:3.10'");
  expect(text).toContain('SystemdCgroup = false');
});

describe('registries', () => {
  const { runtime } = newest.cluster;

  test('mirrors in order, the registry itself last', () => {
    const mirrors = ['https://mirror.example', 'http://10.0.0.1:5000', 'https://proxy.example/v2/hub'];
    const [file] = registryHosts({ ...runtime, registryMirrors: { 'docker.io': mirrors } });
    expect(file?.path).toBe('/etc/containerd/certs.d/docker.io/hosts.toml');
    expect(file?.content).toBe(`server = 'https://registry-1.docker.io'

[host.'https://mirror.example']
capabilities = ['pull', 'resolve']

[host.'http://10.0.0.1:5000']
capabilities = ['pull', 'resolve']

[host.'https://proxy.example/v2/hub']
capabilities = ['pull', 'resolve']
override_path = true
`);
  });

  test('an insecure registry: TLS unchecked, then plain HTTP', () => {
    const [file] = registryHosts({ ...runtime, insecureRegistries: ['reg.example:5000'] });
    expect(file?.path).toBe('/etc/containerd/certs.d/reg.example:5000/hosts.toml');
    expect(file?.content).toContain("server = 'http://reg.example:5000'");
    expect(file?.content).toContain(
      "[host.'https://reg.example:5000']\ncapabilities = ['pull', 'resolve']\nskip_verify = true",
    );
  });

  test('registry settings are no input: containerd reads them at each pull', () => {
    const changed = {
      ...newest,
      cluster: { ...newest.cluster, runtime: { ...runtime, insecureRegistries: ['reg.example:5000'] } },
    };
    expect(containerd(changed, host, factsOf()).text).toBe(containerd(newest, host, factsOf()).text);
  });
});

describe('credentials', () => {
  const credentials = [{ registry: 'reg.example', username: 'u', passwordFile: '/p' }];
  const passwords = new Map([['reg.example', 'p:ä"$']]);
  const withRuntime = (changes: object, versions: object = {}) => ({
    ...newest,
    cluster: {
      ...newest.cluster,
      versions: { ...newest.cluster.versions, ...versions },
      runtime: { ...newest.cluster.runtime, credentials, ...changes },
    },
  });

  test("go to the kubelet's file, which is secret", () => {
    const file = registryCredentialsFile(withRuntime({}), passwords);
    expect(file).toMatchObject({ path: '/var/lib/kubelet/config.json', mode: 0o600, secret: true });
    const { auths } = JSON.parse(file?.content ?? '') as { auths: Record<string, { auth: string }> };
    expect(Buffer.from(auths['reg.example']?.auth ?? '', 'base64').toString()).toBe('u:p:ä"$');
    expect(registryCredentialsFile(newest, passwords)).toBeUndefined();
  });

  test('go to containerd only for the sandbox image, and not from 2.3 on', () => {
    const plain = fileOf(containerd(withRuntime({}), host, factsOf(), passwords), config);
    expect(plain).toMatchObject({ mode: 0o644 });
    expect(plain.content).not.toContain('password');
    const sandbox = { sandboxImage: 'reg.example/pause:3.10' };
    const secret = fileOf(containerd(withRuntime(sandbox), host, factsOf(), passwords), config);
    expect(secret).toMatchObject({ mode: 0o600, secret: true });
    expect(secret.content).toContain(`registry.configs.'reg.example'.auth]\nusername = 'u'\npassword = 'p:ä"$'`);
    const newer = withRuntime(sandbox, { containerd: '2.3.0' });
    expect(fileOf(containerd(newer, host, factsOf(), passwords), config).content).not.toContain('password');
  });
});

test("the proxy's address stays out of the unit and the cluster's own addresses out of the proxy", () => {
  const written = inventoryOf(`
cluster:
  name: one
  proxy: { http: 'http://proxy:3128', noProxy: [corp.example] }
hosts:
  - { name: h1, address: 10.88.0.11, roles: [etcd, master, node] }
`);
  const { noProxy = [] } = written.cluster.proxy ?? {};
  const proxied = { ...newest, cluster: { ...newest.cluster, proxy: { http: 'http://u:p"$x@proxy:3128', noProxy } } };
  const component = containerd(proxied, host, factsOf());
  const file = fileOf(component, '/etc/containerd/proxy.env');
  expect(component.text).toContain('EnvironmentFile=/etc/containerd/proxy.env\n');
  expect(component.text).not.toContain('3128');
  expect(component.inputs).toContain(file.path);
  expect(file).toMatchObject({ mode: 0o600, secret: true });
  expect(file.content).toContain('HTTP_PROXY="http://u:p\\"\\$x@proxy:3128"\n');
  expect(file.content).toMatch(/NO_PROXY="localhost,.*,10\.88\.0\.11,.*10\.96\.0\.0\/16,.*,h1,corp\.example"/);
});

test.each([
  ['TYPE ID PLATFORMS STATUS\nio.containerd.grpc.v1 cri - ok', 0, ''],
  ['TYPE ID PLATFORMS STATUS\nio.containerd.grpc.v1 cri - error', 1, 'the CRI plugin is not loaded'],
])('health asks the CRI plugin: %j', (output, status, said) => {
  const ctr = join(scratch, 'ctr');
  writeFileSync(ctr, `#!/bin/sh\nprintf '%s\\n' "${output}"\n`, { mode: 0o755 });
  const script = containerd(newest, host, factsOf()).health.sh.replaceAll('/opt/k8sup/bin/ctr', ctr);
  const run = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
  expect(run.status).toBe(status);
  expect(run.stdout).toContain(said);
});
