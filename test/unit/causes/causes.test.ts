import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { causeOf, knownCauses, likelyCause } from '../../../src/causes/causes.ts';

const folder = new URL('journals/', import.meta.url);
// CAUSE.PROGRAM-VERSION.log, printed by that program itself; the first line says how it was brought about.
const recorded = readdirSync(folder).map((name) => {
  const [code = '', ...rest] = name.split('.');
  const lines = readFileSync(new URL(name, folder), 'utf8').split('\n');
  return { name, code, program: rest.slice(0, -1).join('.'), lines: lines.slice(1) };
});
const failed = recorded.filter(({ code }) => code !== 'healthy');
const healthy = recorded.filter(({ code }) => code === 'healthy');

test.each(failed)('$code is told from what $program printed', ({ code, lines }) => {
  expect(likelyCause(lines.join('\n'))?.code).toBe(code);
});

test.each(healthy)('$program in health shows no cause', ({ lines }) => {
  expect(lines.length).toBeGreaterThan(2);
  const shown = lines.flatMap((line) => {
    const code = likelyCause(line)?.code;
    // A server that begins asks others, and itself, before they listen.
    return code === undefined || code === 'APISERVER_UNREACHABLE' ? [] : [`${code}: ${line}`];
  });
  expect(shown).toEqual([]);
});

test('every cause is proved by a recorded journal, and every component has a healthy one', () => {
  const proved = new Set(failed.map(({ code }) => code));
  expect(knownCauses.filter(({ code }) => !proved.has(code)).map(({ code }) => code)).toEqual([]);
  expect(knownCauses.length).toBeGreaterThanOrEqual(20);
  const programs = new Set(healthy.map(({ program }) => program.replace(/-[\d.]+$/, '')));
  expect([...programs].sort()).toEqual([
    'containerd',
    'coredns',
    'dockerd',
    'etcd',
    'flanneld',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-proxy',
    'kube-scheduler',
    'kubelet',
  ]);
});

test('codes are told once, and each cause has a fix and a page', () => {
  const codes = knownCauses.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const known of knownCauses) {
    expect(known.source).toMatch(/^https:\/\//);
    expect(known.fix).not.toBe('');
    expect(known.cause).not.toMatch(/\.$/);
    expect(causeOf(known.code)).toBe(known);
  }
  expect(causeOf('NO_SUCH')).toBeUndefined();
});

test('the last line that shows a cause counts, and what may follow from something worse only by itself', () => {
  const port = 'listen tcp 127.0.0.1:2380: bind: address already in use';
  const swap = 'running with swap on is not supported';
  expect(likelyCause(`${port}\n${swap}\nMain process exited`)?.code).toBe('SWAP_ON');
  expect(likelyCause(`${swap}\n${port}`)?.code).toBe('PORT_IN_USE');
  const network = 'message:Network plugin returns error: cni plugin not initialized';
  expect(likelyCause(network)?.code).toBe('CNI_NOT_READY');
  expect(likelyCause(`${port}\n${network}`)?.code).toBe('PORT_IN_USE');
  expect(likelyCause('inotify_add_watch: no space left on device')).toBeUndefined();
  expect(likelyCause('')).toBeUndefined();
});
