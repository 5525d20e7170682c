import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/engine/events.ts';
import type { ActionContext } from '../../../src/engine/stage.ts';
import { verifyContainers } from '../../../src/network/verify-containers.ts';
import { inventoryOf } from '../components/fixture.ts';

const inventory = inventoryOf(`
cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, container] }
  - { name: h2, address: 192.0.2.12, roles: [container] }
`);
const ips: Readonly<Record<string, string>> = { h1: '10.244.5.2', h2: '10.244.6.2' };
const gone: string[] = [];

/** What is found where a receiver sees these callers: in the network, and outside of it. */
async function found(
  inside: (ip: string) => string,
  outside: (address: string) => string,
): Promise<readonly CheckResult[]> {
  const run = (name: string, address: string, script: string) => {
    const ip = ips[name] ?? '';
    const answer = (stdout: string) => Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    if (script.includes('rm -f -v')) gone.push(name);
    if (script.includes('inspect -f')) return answer(`${ip}\n`);
    if (script.includes('ping -c')) return answer(`time=0.2 ms\nsaw ${inside(ip)}\n`);
    return answer(script.includes('exec') ? `saw ${outside(address)}\n` : '');
  };
  const context = {
    inventory,
    signal: new AbortController().signal,
    unreachable: new Map(),
    executor: ({ name, address }: { readonly name: string; readonly address: string }) => ({
      run: (script: string) => run(name, address, script),
    }),
  };
  return verifyContainers(context as unknown as ActionContext, () => undefined);
}

const itself = (text: string): string => text;

describe('containers of two hosts', () => {
  test('are good where they see each other as themselves, and the world sees their hosts; nothing of the test stays', async () => {
    const checks = await found(itself, (address) => `::ffff:${address}`);
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual(
      ['container to container', 'masquerade', 'container to container', 'masquerade'].map((name) => [name, true]),
    );
    expect(gone).toEqual(['h1', 'h2']);
  });

  test('are not where something hides them from each other', async () => {
    const checks = await found(() => '10.244.6.1', itself);
    const bad = checks.filter(({ ok }) => !ok);
    expect(bad.map(({ name }) => name)).toEqual(['container to container', 'container to container']);
    expect(bad[0]?.result).toMatch(/saw 10\.244\.6\.1 instead of 10\.244\.5\.2: something masquerades/);
  });

  test('are not where the world sees them', async () => {
    const bad = (await found(itself, () => '10.244.5.2')).filter(({ ok }) => !ok);
    expect(bad.map(({ name }) => name)).toEqual(['masquerade', 'masquerade']);
    expect(bad[0]?.result).toMatch(/leaves the network is not masqueraded/);
  });

  test('are not where nobody answers', async () => {
    const checks = await found(() => '', itself);
    expect(checks.filter(({ ok }) => !ok)).toHaveLength(2);
  });
});
