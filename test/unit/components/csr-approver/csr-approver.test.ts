import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { csrApprover, requestLines } from '../../../../src/components/csr-approver/csr-approver.ts';
import type { CsrJson } from '../../../../src/kube/csr.ts';
import { decode, members } from '../../../../src/pki/der/read.ts';
import { type CsrObject, judgeCsr } from '../../../../src/pki/index.ts';
import { generateKey } from '../../../../src/pki/keys.ts';
import { approverLook } from '../../../support/approver-look.ts';
import { rowOf, shells, shellVerdicts } from '../../../support/approver.ts';
import {
  asking,
  csrJson,
  der,
  kubeletDer,
  kubeletSubject,
  pemOf,
  rawNames,
  servingOf,
  signedAround,
} from '../../../support/csr.ts';
import { hostileRequests } from '../../../support/hostile-requests.ts';
import { mutateBytes, mutateText, mutateTree, type Random, seeded } from '../../../support/mutate.ts';
import { factsOf, hostOf, inventoryOf } from '../fixture.ts';

const inventory = inventoryOf(`
cluster:
  name: one
  network: { podCIDR: "10.244.0.0/16,fd00:10:244::/56", serviceCIDR: "10.96.0.0/16,fd00:10:96::/112" }
hosts:
  - { name: node1, address: "10.0.0.1,fd00::1", roles: [etcd, master] }
  - { name: node1.example, address: "10.0.0.2,2001:db8::2" }
  - { name: n, address: "10.0.0.3,fd00:0:0:1::3" }
`);
const hosts = inventory.hosts.map(({ name, addresses }) => ({ name, addresses, joining: false }));
const bigger = await generateKey({ algo: 'ecdsa', size: 384 });
const oldUsages = ['digital signature', 'key encipherment', 'server auth'];

interface Sample {
  readonly what: string;
  readonly object: CsrObject;
}

const sample = (what: string, node: string, bytes: Buffer, over: Partial<CsrObject> = {}): Sample => ({
  what,
  object: { ...servingOf(node), requestPem: pemOf(bytes), ...over },
});

/** Of every host every choice of its names, in the order in which a kubelet writes them. */
const good: readonly Sample[] = hosts.flatMap(({ name, addresses }) =>
  [1, 2, 3, 4, 5, 6, 7].map((choice) => {
    const names = [name, ...addresses].filter((_name, index) => (choice & (1 << index)) !== 0);
    return sample(names.join(), name, kubeletDer(name, names), choice === 3 ? { usages: oldUsages } : {});
  }),
);
const json = ({ object }: Sample): CsrJson => csrJson(object);
const judged = ({ object }: Sample) => judgeCsr(object, hosts, 'serving');

describe.each(shells.map((shell) => [shell.join(' '), shell] as const))(
  'the program of masters in %s',
  (_name, shell) => {
    const verdicts = (samples: readonly Sample[]) => shellVerdicts(inventory, samples.map(json), shell);

    test('approves what each kubelet asks for, and so does the judge', () => {
      expect(verdicts(good).filter((verdict) => verdict !== undefined)).toEqual([]);
      expect(good.map((one) => judged(one).approve)).not.toContain(false);
      expect(requestLines(inventory).split('\n')).toHaveLength(good.length + 1);
    });

    test('approves signatures and keys of every length they have', () => {
      const many = Array.from({ length: 40 }, (_, turn) =>
        sample(String(turn), 'n', kubeletDer('n', ['n', '10.0.0.3'])),
      );
      expect(verdicts(many).filter((verdict) => verdict !== undefined)).toEqual([]);
    });

    test.each(odd())('leaves %s, and says why', (_what, one, reason) => {
      const [verdict] = verdicts([one]);
      expect(verdict).toMatch(reason);
      // On one line that does nothing to a terminal.
      expect(verdict).toMatch(/^[\x20-\x7e]+$/);
    });

    test('leaves each hostile request', () => {
      const hostile = hostileRequests(['node1', 'node1.example'], ['10.0.0.1', '10.0.0.2']);
      expect(hostile.length).toBeGreaterThan(25);
      const left = shellVerdicts(
        inventory,
        hostile.map(({ object }) => csrJson(object)),
        shell,
      );
      const approved = hostile.filter((_request, index) => left[index] === undefined);
      // Whether the signature is its own key's, is for the apiserver to find: it stores no other.
      expect(approved.map(({ object }) => object.name)).toEqual(['bad-other-key']);
    });
  },
);

describe('what the program of masters approves of changed requests', () => {
  const changes: Readonly<Record<string, (base: Sample, random: Random) => Sample>> = {
    'their bytes': (base, random) => changed(base, pemOf(mutateBytes(derOf(base), random, derOf(other(random))))),
    'their text': (base, random) => changed(base, mutateText(base.object.requestPem, random)),
    'bytes of what is signed': (base, random) =>
      changed(base, pemOf(signedAround(mutateBytes(infoOf(base), random, infoOf(other(random)))))),
    'parts of what is signed': (base, random) =>
      changed(base, pemOf(signedAround(der.encode(mutateTree(decode(infoOf(base)), random))))),
    'the object around it': (base, random) => ({ ...base, object: { ...base.object, ...otherObject(random) } }),
  };
  const count = Math.max(120, Number(process.env['K8SUP_FUZZ_REQUESTS'] ?? 0) / 1000);

  test.each(Object.entries(changes))(
    `is approved by the judge too: ${count} with changes in %s`,
    (what, change) => {
      const random = seeded(what);
      const samples = Array.from({ length: count }, () => change(other(random), random));
      const verdicts = shellVerdicts(inventory, samples.map(json));
      const wrong = samples.filter((one, index) => verdicts[index] === undefined && faultOf(one) !== undefined);
      expect(wrong.map((one) => `${faultOf(one) ?? ''}\n${one.object.requestPem}`)).toEqual([]);
    },
    60_000 + count * 100,
  );

  function changed(base: Sample, requestPem: string): Sample {
    return { ...base, object: { ...base.object, requestPem } };
  }
});

test('a look that cannot be made is told, as the state that the health check prints', async () => {
  const look = (kubectl: string, lines?: string) => approverLook({ kubectl, approverKubeconfig: '' }, lines);
  await expect(look('/bin/true')).rejects.toThrow('requests cannot be read by the user that it runs as');
  await expect(look('/bin/false', '')).rejects.toThrow('kubectl failed without a word');
  expect(await look('/bin/true', '')).toBe('');
});

test('an approval that comes too late is no failure, any other that is refused is; what is left is told once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-kubectl-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [kubectl, rows] = [join(folder, 'kubectl'), join(folder, 'rows')];
  const answering = (said: string): void =>
    writeFileSync(
      kubectl,
      `#!/bin/sh
case " $* " in *' replace '*) cat > /dev/null; echo 'Error from server (${said}): no' >&2; exit 1 ;; esac
cat ${rows}
`,
      { mode: 0o755 },
    );
  const look = () => approverLook({ kubectl, approverKubeconfig: '' }, requestLines(inventory));
  const right = json(sample('', 'n', kubeletDer('n', ['n'])));
  const wrong = json(sample('', 'n', kubeletDer('n', ['node1'])));
  const named = (csr: CsrJson, uid: string): string => rowOf({ ...csr, metadata: { ...csr.metadata, uid } });
  writeFileSync(rows, named(right, '00000000-0000-4000-8000-000000000001'));
  for (const late of ['Conflict', 'NotFound']) {
    answering(late);
    expect(await look()).toBe('');
  }
  answering('Forbidden');
  await expect(look()).rejects.toThrow('(Forbidden)');
  writeFileSync(rows, named(wrong, '00000000-0000-4000-8000-000000000002'));
  expect((await look()).match(/left pending: .*/g)).toHaveLength(1);
});

/** Why the judge refuses it; a signature that is wrong is for the apiserver to find, which stores no such request. */
function faultOf(one: Sample): string | undefined {
  const judgement = judged(one);
  if (judgement.approve || /its signature is not made by|its public key cannot be read/.test(judgement.reason))
    return undefined;
  return judgement.reason;
}

function other(random: Random): Sample {
  const found = good[random(good.length)];
  if (found === undefined) throw new Error('there is no request');
  return found;
}

function otherObject(random: Random): Partial<CsrObject> {
  const pick = <T>(...list: readonly T[]): T => list[random(list.length)] as T;
  const groups = ['system:nodes', 'system:authenticated'];
  return pick<Partial<CsrObject>>(
    {
      username: pick('system:node:node1', 'system:node:n', 'system:node:', 'system:node:n ', 'n', 'system:node:n"', ''),
    },
    {
      groups: pick(
        groups,
        [...groups].reverse(),
        [],
        groups.slice(1),
        [...groups, 'system:masters'],
        ['system:nodes" "system:authenticated'],
      ),
    },
    {
      usages: pick(
        oldUsages,
        [...oldUsages].reverse(),
        [],
        ['server auth'],
        [...oldUsages, 'client auth'],
        ['digital signature', 'server auth', 'any'],
      ),
    },
    {
      signerName: pick(
        'kubernetes.io/kubelet-serving',
        'kubernetes.io/kube-apiserver-client',
        'kubernetes.io/kubelet-serving\n',
      ),
    },
    { name: pick('csr-x', 'a b', '--all', '', '../x', 'x\napprove', '☸', 'a'.repeat(400)) },
  );
}

function derOf({ object }: Sample): Buffer {
  return Buffer.from(object.requestPem.replace(/-----.*-----|\n/g, ''), 'base64');
}

function infoOf(one: Sample): Buffer {
  const whole = decode(derOf(one));
  return der.encode(members(whole, 'sequence', 'the request')[0] ?? whole);
}

/** One thing wrong in each, rightly signed where that can be. */
function odd(): readonly (readonly [string, Sample, RegExp])[] {
  const names = ['n', '10.0.0.3'];
  const fine = kubeletDer('n', names);
  const of = (bytes: Buffer, over: Partial<CsrObject> = {}): Sample => sample('', 'n', bytes, over);
  const form = /its subject, names, key or form are not what the kubelet of n asks for/;
  const block = /it is not one PEM block as kubelets write it/;
  const pem = pemOf(fine);
  const turned = der.sequence(der.implicit(7, Buffer.of(10, 0, 0, 3)), der.implicit(2, Buffer.from('n')));
  const text = (requestPem: string): Sample => of(fine, { requestPem });
  const tail = (bytes: Buffer): Sample => of(Buffer.concat([fine, bytes]));
  return [
    ['another order of names', of(kubeletDer('n', names, { attributes: [asking(rawNames(turned))] })), form],
    ['the subject in other words', of(kubeletDer('n', names, { subject: otherWords('n') })), form],
    ['the name of another host', of(kubeletDer('n', ['node1', '10.0.0.3'])), form],
    ['the subject of another host', of(kubeletDer('node1', ['node1', '10.0.0.1'])), form],
    ['another kind of key', of(kubeletDer('n', names, { key: bigger })), form],
    ['a byte behind the request', tail(Buffer.of(0)), form],
    ['a second request behind it', tail(fine), form],
    [
      'a signature with more behind it',
      of(kubeletDer('n', names, { spoil: (bytes) => Buffer.concat([bytes, bytes]) })),
      form,
    ],
    ['no signature', of(kubeletDer('n', names, { spoil: () => Buffer.of() })), form],
    ['a signature of zeros', of(kubeletDer('n', names, { spoil: () => Buffer.from('3006020100020100', 'hex') })), form],
    [
      'a negative number in the signature',
      of(kubeletDer('n', names, { spoil: () => Buffer.from('30060201800201ff', 'hex') })),
      form,
    ],
    [
      'a padded number in the signature',
      of(kubeletDer('n', names, { spoil: () => Buffer.from('3008020200010202007f', 'hex') })),
      form,
    ],
    [
      'three numbers in the signature',
      of(kubeletDer('n', names, { spoil: () => Buffer.from('3009020101020101020101', 'hex') })),
      form,
    ],
    [
      'one number in the signature',
      of(kubeletDer('n', names, { spoil: () => Buffer.from('3003020101', 'hex') })),
      form,
    ],
    ['nothing at all', text(''), block],
    ['text before the block', text(`x\n${pem}`), block],
    ['two blocks', text(pem + pem), block],
    ['lines of another length', text(pem.replaceAll('\n', '\r\n')), block],
    ['a NUL in it', text(pem.replace('\n', '\n\0')), block],
    ['no line feed at its end', text(pem.trimEnd()), block],
    ['a header in the block', text(pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n')), block],
    [
      'a huge one',
      of(
        kubeletDer(
          'n',
          Array.from({ length: 400 }, (_, i) => `n${i}`),
        ),
      ),
      /it is too big/,
    ],
    ['a name with a quote', of(fine, { name: 'a","x":"' }), /its name/],
    ['a name that is an option', of(fine, { name: '--all' }), /its name/],
    ['a user with a line feed', of(fine, { username: 'system:node:n\nsystem:node:n' }), /no node of the inventory/],
    ['a host that is none', sample('', 'm', kubeletDer('m', ['m'])), /no node of the inventory/],
    [
      'a host that only looks like one',
      sample('', 'node1xexample', kubeletDer('node1xexample', ['node1xexample'])),
      /no node of the inventory|not what/,
    ],
    ['an administrator', of(fine, { username: 'kubernetes-admin', groups: ['system:masters'] }), /only nodes/],
    ['one more group', of(fine, { groups: [...servingOf().groups, 'system:masters'] }), /groups are/],
    ['one more usage', of(fine, { usages: [...oldUsages, 'client auth'] }), /usages are/],
    ['another signer', of(fine, { signerName: 'kubernetes.io/kube-apiserver-client-kubelet' }), /signer/],
  ];
}

/** UTF8String in place of PrintableString. */
function otherWords(node: string): ReturnType<typeof kubeletSubject> {
  const attribute = (id: string, value: string) => der.setOf(der.sequence(der.oid(id), der.utf8(value)));
  return der.sequence(attribute('2.5.4.10', 'system:nodes'), attribute('2.5.4.3', `system:node:${node}`));
}

test.each([
  [undefined, 'DynamicUser=yes'],
  ['systemd-nspawn', 'DynamicUser=yes'],
  ['lxc', 'User=nobody'],
])('the approver of a container of kind %s has a user that systemd can give it there', (containerKind, user) => {
  const { text } = csrApprover(inventory, hostOf(inventory, 'node1'), factsOf({ container: true, containerKind }));
  expect(text.split('\n').filter((line) => /^(DynamicUser|User)=/.test(line))).toEqual([user]);
});
