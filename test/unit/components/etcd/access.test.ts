import { expect, test } from 'vitest';
import { etcdAccess, rangeEnd } from '../../../../src/components/etcd/access.ts';

const access = etcdAccess({
  clientPort: 2379,
  admins: [],
  limited: [{ user: 'flannel', prefix: '/coreos.com/network/' }],
});
const none = { changing: new Set<string>() };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const role = (from: string, to: string): string =>
  `role flannel ${JSON.stringify({ perm: [{ permType: 2, key: base64(from), range_end: base64(to) }] })}`;
const users = [
  'user root {"roles":["root"]}',
  'user etcd-healthcheck-client {"roles":["root"]}',
  'user flannel {"roles":["flannel"]}',
];
const changes = (...lines: readonly string[]): readonly string[] =>
  access.diff(access.parse(lines.join('\n')), none).map(({ path, from, to }) => `${path}: ${from} → ${to}`);
const good = ['answers', ...users, role('/coreos.com/network/', '/coreos.com/network0')];

test('nothing is to be done where users, roles and authentication are as wanted', () => {
  expect(changes(...good)).toEqual([]);
});

test('a member that does not answer yet, as in the plan of a new cluster, lacks all of it', () => {
  expect(changes('').map((change) => change.split(':')[0])).toEqual([
    'role flannel',
    'user flannel',
    'user root',
    'user etcd-healthcheck-client',
    'authentication',
  ]);
});

test('what is open to anybody with a certificate is a difference, whatever users there are', () => {
  expect(changes('open', ...good)).toEqual(['authentication: off → on']);
});

test('a role that reaches further, and a user with more than their own role, are taken back', () => {
  expect(changes('answers', ...users, role('/', '0'))).toEqual([
    'role flannel: readwrite / to 0 → readwrite /coreos.com/network/ to /coreos.com/network0',
  ]);
  const more = good.map((line) => line.replace('["flannel"]', '["flannel","root"]'));
  expect(changes(...more)).toEqual(['user flannel: flannel, root → flannel']);
});

test('a prefix ends before the first key that does not begin with it', () => {
  expect(rangeEnd('/coreos.com/network/')).toBe('/coreos.com/network0');
});
