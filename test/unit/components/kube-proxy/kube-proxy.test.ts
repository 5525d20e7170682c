import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubeProxy } from '../../../../src/components/kube-proxy/kube-proxy.ts';
import { factsOf, hostOf, labFacts, newest, withExtras } from '../fixture.ts';

const host = hostOf(newest, 'h2');
const configOf = (inventory = newest, on = host, facts = factsOf()): unknown =>
  parse(kubeProxy(inventory, on, facts).files[0]?.content ?? '');

test('conntrack is left alone in a container, where it cannot be set, and the user has the last word', () => {
  expect(configOf()).not.toHaveProperty('conntrack');
  expect(configOf(newest, host, labFacts)).toHaveProperty('conntrack', { maxPerCore: 0, min: 0 });
  const given = withExtras(host, 'kubeProxy', { extraConfig: { conntrack: { maxPerCore: 5 } } });
  expect(configOf(newest, given, labFacts)).toHaveProperty('conntrack', { maxPerCore: 5, min: 0 });
});

test.each([
  ['127.0.0.1:9999', 'http://127.0.0.1:9999/healthz'],
  ['0.0.0.0:9999', 'http://127.0.0.1:9999/healthz'],
  ['[::]:9999', 'http://[::1]:9999/healthz'],
  ['10.0.0.5', 'http://10.0.0.5:10256/healthz'],
])('healthzBindAddress %s is asked at %s', (healthzBindAddress, url) => {
  const given = withExtras(host, 'kubeProxy', { extraConfig: { healthzBindAddress } });
  expect(kubeProxy(newest, given, factsOf()).health.sh).toContain(url);
});
