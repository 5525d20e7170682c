import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { encryptionFile, kubeApiserver } from '../../../../src/components/apiserver/apiserver.ts';
import { auditPolicyFile } from '../../../../src/components/apiserver/audit-policy.ts';
import { kubeControllerManager } from '../../../../src/components/controller-manager/controller-manager.ts';
import type { Inventory } from '../../../../src/inventory/model.ts';
import { classic, factsOf, flagsOf, hostOf, newest, withExtras } from '../fixture.ts';

const host = hostOf(newest, 'h1');
const made = (inventory: Inventory, on = host) => kubeApiserver(inventory, on, factsOf());
const release = (kubernetes: string): Inventory => ({
  ...newest,
  cluster: { ...newest.cluster, versions: { ...newest.cluster.versions, kubernetes } },
});

describe('nobody without credentials gets further than health', () => {
  test.each([
    ['1.32.0', 'v1beta1'],
    ['1.33.9', 'v1beta1'],
    ['1.34.0', 'v1'],
    ['1.36.3', 'v1'],
  ])('%s by AuthenticationConfiguration %s', (version, api) => {
    const component = made(release(version));
    const file = component.files.find(({ path }) => path.endsWith('authentication.yaml'));
    const config = parse(file?.content ?? '') as { apiVersion: string; anonymous: { conditions: object[] } };
    expect(config.apiVersion).toBe(`apiserver.config.k8s.io/${api}`);
    expect(config.anonymous.conditions).toEqual([{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }]);
    expect(flagsOf(component.text)).not.toHaveProperty('anonymous-auth');
    expect(component.inputs).toContain(file?.path);
  });

  test.each(['1.20.15', '1.31.0'])('%s not even health', (version) => {
    const component = made(release(version));
    expect(flagsOf(component.text)).toHaveProperty('anonymous-auth', 'false');
    expect(component.health.sh).toContain('--cert /etc/kubernetes/pki/apiserver-kubelet-client.crt');
  });

  test("flags of the user's that exclude the file fall back to no anonymous access", () => {
    const given = withExtras(host, 'apiserver', { extraArgs: { 'oidc-issuer-url': 'https://id.example' } });
    const flags = flagsOf(made(newest, given).text);
    expect(flags).toMatchObject({ 'anonymous-auth': 'false', 'oidc-issuer-url': 'https://id.example' });
    expect(flags).not.toHaveProperty('authentication-config');
  });
});

test('one kind of bootstrap token, as the inventory asks', () => {
  const secrets = flagsOf(made(newest).text);
  expect(secrets).toHaveProperty('enable-bootstrap-token-auth', 'true');
  expect(secrets).not.toHaveProperty('token-auth-file');
  const component = made(classic, hostOf(classic, 'h1'));
  expect(flagsOf(component.text)).toHaveProperty('token-auth-file', '/etc/kubernetes/token.csv');
  expect(component.inputs).toContain('/etc/kubernetes/token.csv');
});

describe('behind a load balancer', () => {
  const several = { ...newest, hosts: newest.hosts.map((one) => ({ ...one, roles: new Set(['master'] as const) })) };
  const stop = (text: string) => /^TimeoutStopSec=(\d+)$/m.exec(text)?.[1];

  test('a master of several answers on while it is taken out, and is given the time for it', () => {
    const { text } = made(several);
    expect(flagsOf(text)).toHaveProperty('shutdown-delay-duration', '10s');
    expect(stop(text)).toBe('25');
  });

  test("a user's own delay is waited for as well", () => {
    const given = withExtras(host, 'apiserver', { extraArgs: { 'shutdown-delay-duration': '1m10s' } });
    expect(stop(made(newest, given).text)).toBe('85');
  });

  test.each([
    ['one master alone', newest, '15'],
    ['a release that must be stopped fast', { ...several, cluster: release('1.23.17').cluster }, '4'],
  ])('%s does not wait', (_what, inventory, seconds) => {
    const { text } = made(inventory);
    expect(flagsOf(text)).not.toHaveProperty('shutdown-delay-duration');
    expect(stop(text)).toBe(seconds);
  });
});

test.each([
  ['1.36.3', 'true'],
  ['1.24.0', 'true'],
  ['1.23.17', undefined],
])('an apiserver that stops waits for no watch: %s', (version, value) => {
  for (const inventory of [release(version), { ...release(version), hosts: newest.hosts.slice(0, 1) }])
    expect(flagsOf(made(inventory).text)['shutdown-send-retry-after']).toBe(value);
});

test('masters restart themselves before a year is over, not all on one day', () => {
  const days = Array.from({ length: 40 }, (_, index) => {
    const text = made(newest, { ...host, name: `m${index}` }).text;
    return Number(/^RuntimeMaxSec=(\d+)d$/m.exec(text)?.[1]);
  });
  expect(Math.min(...days)).toBeGreaterThanOrEqual(300);
  expect(Math.max(...days)).toBeLessThan(335);
  expect(new Set(days).size).toBeGreaterThan(10);
  expect(made(newest).text).toBe(made(newest).text);
});

test('without audit and encryption none of their flags, files and inputs', () => {
  const bare = { ...newest, cluster: { ...newest.cluster, audit: false, encryptionAtRest: false } };
  const component = made(bare);
  expect(component.text).not.toMatch(/audit|encryption/);
  expect(component.directories).toEqual([]);
});

test('the encryption key has 32 bytes', () => {
  expect(() => encryptionFile([{ name: 'key1', secret: Buffer.alloc(16).toString('base64') }])).toThrow('32 bytes');
});

test('what may hold a secret is audited without its content, whoever asks', () => {
  interface Rule {
    readonly level: string;
    readonly users?: string[];
    readonly userGroups?: string[];
    readonly resources?: { readonly group: string; readonly resources?: string[] }[];
  }
  const { rules } = parse(auditPolicyFile().content) as { rules: Rule[] };
  const first = rules.find(
    (rule) =>
      rule.users === undefined &&
      rule.userGroups === undefined &&
      (rule.resources === undefined ||
        rule.resources.some(({ group, resources }) => group === '' && resources?.includes('secrets'))),
  );
  const nonResource = rules[0];
  expect(nonResource).toHaveProperty('nonResourceURLs');
  const beforeSecrets = rules.slice(
    1,
    rules.findIndex((rule) => JSON.stringify(rule).includes('"secrets"')),
  );
  expect(beforeSecrets.every((rule) => rule.resources !== undefined)).toBe(true);
  expect(first?.level ?? '').not.toBe('Request');
  expect(rules.every((rule) => rule.level !== 'RequestResponse')).toBe(true);
});

test('health of the controller-manager follows the port a user chose', () => {
  const given = withExtras(host, 'controllerManager', { extraArgs: { 'secure-port': '20257' } });
  const component = kubeControllerManager(newest, given, factsOf());
  expect(component.health.sh).toContain('https://127.0.0.1:20257/healthz');
});

test('addresses of IPv6 hosts stand in brackets', () => {
  const six = { ...newest, hosts: newest.hosts.map((one) => ({ ...one, address: 'fd00::1' })) };
  expect(flagsOf(made(six).text)['etcd-servers']).toMatch(/^https:\/\/\[fd00::1\]:2379,/);
});
