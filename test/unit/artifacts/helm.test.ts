import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { controllerPlatform, helmArtifact } from '../../../src/artifacts/controller.ts';
import { renderWithHelm } from '../../../src/artifacts/helm.ts';
import { never, temporaryFolder } from './temporary.ts';

const run = {
  chart: '/charts/net.tgz',
  title: 'net 1.2.3',
  release: 'net',
  namespace: 'kube-system',
  kubernetes: '1.36.3',
  values: { password: 'hidden' },
};

async function withHelm(script: string, more: object = {}, signal: AbortSignal = never): Promise<string> {
  await using folder = await temporaryFolder();
  const helm = await folder.write('helm', `#!/bin/sh\n${script}\n`, 0o755);
  return await renderWithHelm({ ...run, ...more, helm }, signal);
}

describe('rendering', () => {
  test('asks helm for all objects but hooks, with the values on its standard input', async () => {
    const [args, values] = (await withHelm('echo "$@"; cat', { apiVersions: ['a/v1', 'b/v1'] })).split('\n');
    expect(args).toBe(
      'template net /charts/net.tgz --namespace kube-system --kube-version 1.36.3 --api-versions a/v1 --api-versions b/v1 --include-crds --no-hooks --values -',
    );
    expect(values).toBe('{"password":"hidden"}');
  });

  test("shows helm nothing of the user's, no way out, and a home that goes away", async () => {
    process.env['HELM_PLUGINS'] = '/root/plugins';
    try {
      const text = await withHelm('/usr/bin/env; echo "PWD=$(pwd)"; : > "$HELM_CACHE_HOME" ');
      const environment = Object.fromEntries(text.split('\n').map((line) => line.split('=') as [string, string]));
      const home = environment['HOME'] ?? '';
      expect(home).toContain('k8sup-helm-');
      expect(environment).toMatchObject({
        PWD: home,
        KUBECONFIG: '/dev/null',
        HELM_CONFIG_HOME: `${home}/config`,
        HELM_DATA_HOME: `${home}/data`,
        HELM_CACHE_HOME: `${home}/cache`,
        HTTPS_PROXY: 'http://127.0.0.1:9',
      });
      expect(environment).not.toHaveProperty('HELM_PLUGINS');
      expect(environment).not.toHaveProperty('USER');
      expect(existsSync(home)).toBe(false);
    } finally {
      delete process.env['HELM_PLUGINS'];
    }
  });

  test("that fails is an error in helm's own words", async () => {
    await expect(withHelm('echo "Error: no such value" >&2; exit 1')).rejects.toMatchObject({
      code: 'CHART_NOT_RENDERED',
      kind: 'artifact',
      message: 'helm could not render the chart of net 1.2.3',
      why: 'Error: no such value',
    });
  });

  test('ends when the run is aborted', async () => {
    const stop = new AbortController();
    const rendering = withHelm('/bin/sleep 100', {}, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(rendering).rejects.toThrow('stopped');
  });
});

test.each([
  ['linux', 'x64', 'amd64'],
  ['linux', 'arm64', 'arm64'],
  ['darwin', 'arm64', 'darwin-arm64'],
])('a controller with %s on %s is %s', (system, machine, platform) => {
  expect(controllerPlatform(system, machine)).toBe(platform);
});

test('there is no helm for a controller of another kind', () => {
  expect(() => controllerPlatform('win32', 'x64')).toThrow(expect.objectContaining({ code: 'ARTIFACT_ARCHITECTURE' }));
  expect(() => controllerPlatform('linux', 'riscv64')).toThrow('riscv64');
  expect(helmArtifact()).toMatchObject({ component: 'helm', architecture: controllerPlatform() });
});
