import { describe, expect, test } from 'vitest';

import { type CsrObject, type CsrPurpose, judgeCsr } from '../../../../src/pki/index.ts';
import {
  asking,
  attribute,
  der,
  joiningClient,
  names,
  oids,
  type Parts,
  requestPem,
  servingOf,
  subject,
} from '../../../support/csr.ts';

const hosts = [
  { name: 'node1', addresses: ['10.0.0.1', 'fd00:0::1'], joining: true },
  { name: 'node2', addresses: ['10.0.0.2'], joining: true },
  { name: 'joined', addresses: ['10.0.0.4'], joining: false },
];
const client = joiningClient;
const serving = servingOf();
const bases = { client, serving };

function judge(expected: CsrPurpose, over: Partial<CsrObject> = {}, parts: Parts = {}) {
  const attributes = expected === 'serving' ? [asking(names('node1', '10.0.0.1'))] : [];
  return judgeCsr({ ...bases[expected], requestPem: requestPem({ attributes, ...parts }), ...over }, hosts, expected);
}

const cn = (name: string) => subject(['O', 'system:nodes'], ['CN', name]);
const asks = (...list: string[]): Parts => ({ attributes: [asking(names(...list))] });

describe('approved is', () => {
  test.each([
    ['a client by a bootstrap token', judge('client')],
    [
      'a client by token.csv',
      judge('client', {
        username: 'kubelet-bootstrap',
        groups: ['system:bootstrappers:k8sup', 'system:authenticated'],
      }),
    ],
    [
      'a client that renews its own',
      judge('client', { username: 'system:node:node1', groups: ['system:nodes', 'system:authenticated'] }),
    ],
    [
      'a client of an older kubelet',
      judge('client', { usages: ['key encipherment', 'digital signature', 'client auth'] }),
    ],
    ['a serving one with some of its names', judge('serving')],
    ['a serving one with every address', judge('serving', {}, asks('node1', '10.0.0.1', 'fd00::1'))],
    [
      'a serving one of an older kubelet',
      judge('serving', { usages: ['digital signature', 'key encipherment', 'server auth'] }),
    ],
  ])('%s', (_what, judgement) => {
    expect(judgement).toEqual({ approve: true, host: 'node1' });
  });

  test('the renewal of a host that has joined', () => {
    const own = { username: 'system:node:joined', groups: ['system:nodes', 'system:authenticated'] };
    expect(judge('client', own, { subject: cn('system:node:joined') })).toEqual({ approve: true, host: 'joined' });
  });

  test('another host by its own name', () => {
    expect(judge('client', {}, { subject: cn('system:node:node2') })).toEqual({ approve: true, host: 'node2' });
  });
});

describe('a client request is left alone, with the reason,', () => {
  const usages = client.usages;
  test.each([
    ['of another signer', { signerName: 'kubernetes.io/kube-apiserver-client' }, {}, 'signer'],
    ['of the serving signer', { signerName: serving.signerName }, {}, 'signer'],
    ['that cannot be parsed', { requestPem: 'rubbish' }, {}, 'cannot be parsed'],
    ['by an administrator', { username: 'kubernetes-admin', groups: ['system:masters'] }, {}, 'user'],
    ['by another node', { username: 'system:node:node2', groups: ['system:nodes'] }, {}, 'user'],
    ['by a token that is no token', { username: 'system:bootstrap:07401B' }, {}, 'user'],
    ['by a user like a bootstrapper', { username: 'system:bootstrap:07401b:x' }, {}, 'user'],
    ['without the group', { groups: ['system:bootstrappers', 'system:authenticated'] }, {}, 'not in the group'],
    ['with a group of others', { groups: [...client.groups, 'system:masters'] }, {}, 'unexpected group'],
    ['of a node in the group of bootstrappers', { username: 'system:node:node1' }, {}, 'not in the group'],
    ['for server auth as well', { usages: [...usages, 'server auth'] }, {}, 'not expected'],
    ['for server auth instead', { usages: ['digital signature', 'server auth'] }, {}, 'client auth'],
    ['for any usage', { usages: [...usages, 'any'] }, {}, 'not expected'],
    ['for cert sign', { usages: [...usages, 'cert sign'] }, {}, 'not expected'],
    ['without digital signature', { usages: ['client auth'] }, {}, 'digital signature'],
    ['without usages', { usages: [] }, {}, 'digital signature'],
    ['of an unknown host', {}, { subject: cn('system:node:node3') }, 'no node of the inventory'],
    ['of a host that has joined', {}, { subject: cn('system:node:joined') }, 'not joining now'],
    ['with the bare name as CN', {}, { subject: cn('node1') }, 'no node of the inventory'],
    ['with a name in capitals', {}, { subject: cn('system:node:NODE1') }, 'no node of the inventory'],
    ['with a look-alike name', {}, { subject: cn('system:node:n\u043ede1') }, 'no node of the inventory'],
    ['with O=system:masters', {}, { subject: subject(['O', 'system:masters'], ['CN', 'system:node:node1']) }, 'O is'],
    [
      'with a second O',
      {},
      { subject: subject(['O', 'system:nodes'], ['O', 'system:masters'], ['CN', 'system:node:node1']) },
      'O is',
    ],
    ['without O', {}, { subject: subject(['CN', 'system:node:node1']) }, 'O is'],
    [
      'with an OU',
      {},
      { subject: subject(['O', 'system:nodes'], ['CN', 'system:node:node1'], ['OU', 'x']) },
      'more than CN and O',
    ],
    ['with a DNS name', {}, asks('node1'), 'no alternative names'],
    ['with an attribute', {}, { attributes: [attribute('1.2.840.113549.1.9.7', der.utf8('x'))] }, 'attributes'],
    [
      'that wants to be an authority',
      {},
      { attributes: [asking({ oid: oids.constraints, critical: true, value: der.encode(der.sequence(der.yes())) })] },
      'extensions',
    ],
    [
      'with a key usage',
      {},
      {
        attributes: [asking({ oid: oids.keyUsage, critical: true, value: der.encode(der.bits(Buffer.from([4]), 2)) })],
      },
      'extensions',
    ],
    [
      'with an unknown extension',
      {},
      { attributes: [asking({ oid: '1.2.3', critical: false, value: Buffer.from([5, 0]) })] },
      'extensions',
    ],
  ])('%s', (_what, over, parts, expected) => {
    expect(judge('client', over, parts)).toEqual({
      approve: false,
      reason: expect.stringContaining(expected) as string,
    });
  });
});

describe('a serving request is left alone, with the reason,', () => {
  test.each([
    ['of the client signer', { signerName: client.signerName }, {}, 'signer'],
    ['by a bootstrapper', { username: client.username, groups: client.groups }, {}, 'user'],
    ['by another node', { username: 'system:node:node2' }, {}, 'user'],
    ['without the group of nodes', { groups: ['system:authenticated'] }, {}, 'not in the group'],
    ['with a group of others', { groups: ['system:nodes', 'system:masters'] }, {}, 'unexpected group'],
    ['for client auth as well', { usages: [...serving.usages, 'client auth'] }, {}, 'not expected'],
    ['without names', {}, { attributes: [] }, 'needs an alternative name'],
    ["with another host's name", {}, asks('node1', 'node2'), 'no name or address'],
    ["with another host's address", {}, asks('node1', '10.0.0.2'), 'no name or address'],
    ['with a wildcard', {}, asks('*'), 'no name or address'],
    ["with the apiserver's name", {}, asks('node1', 'kubernetes.default.svc'), 'no name or address'],
    ['with localhost', {}, asks('node1', '127.0.0.1'), 'no name or address'],
    ['with its address dressed as IPv6', {}, asks('node1', '::ffff:10.0.0.1'), 'no name or address'],
    ['with its address as a DNS name of another spelling', {}, asks('node1.'), 'no name or address'],
    ['with an e-mail address', {}, asks('node1', 'a@node1'), 'neither'],
    ['with a URI', {}, asks('node1', 'https://node1/'), 'neither'],
    ['with the CN of another node', {}, { subject: cn('system:node:node2'), ...asks('node2') }, 'user'],
  ])('%s', (_what, over, parts, expected) => {
    expect(judge('serving', over, parts)).toEqual({
      approve: false,
      reason: expect.stringContaining(expected) as string,
    });
  });
});

test('reasons have no control characters and do not grow without limit', () => {
  const judgement = judge('client', { username: `\u001b[2J\u202e${'x'.repeat(5000)}` });
  const { reason } = judgement as { reason: string };
  expect(reason).not.toMatch(/[\p{C}]/u);
  expect(reason.length).toBeLessThan(300);
});
