import { createPrivateKey, type KeyObject } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { decode, members } from '../../../../src/pki/der/read.ts';
import type { Node } from '../../../../src/pki/der/write.ts';
import { type CsrObject, judgeCsr, parseCsr } from '../../../../src/pki/index.ts';
import { pemBlocks } from '../../../../src/pki/pem.ts';
import { asking, der, joiningClient, names, pemOf, requestDer, servingOf, signedAround } from '../../../support/csr.ts';
import { mutateBytes, mutateText, mutateTree, type Random, seeded } from '../../../support/mutate.ts';

/** `npm run test:all` asks for a million. */
const count = Number(process.env['K8SUP_FUZZ_REQUESTS'] ?? 50_000);
const hosts = [{ name: 'node1', addresses: ['10.0.0.1', 'fd00::1'], joining: true }];

/** Ed25519 signatures are the same every time, so that a seed gives the same requests again. */
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});

interface Good {
  readonly purpose: 'client' | 'serving';
  readonly object: Omit<CsrObject, 'requestPem'>;
  readonly der: Buffer;
  readonly key: KeyObject | undefined;
}

const client = joiningClient;
const serving = servingOf();
const attributes = [asking(names('node1', '10.0.0.1', 'fd00::1'))];
const good: readonly Good[] = [
  { purpose: 'client', object: client, der: requestDer({ key }), key },
  { purpose: 'serving', object: serving, der: requestDer({ key, attributes }), key },
  // As kubelets make them.
  { purpose: 'client', object: client, der: requestDer(), key: undefined },
  { purpose: 'serving', object: serving, der: requestDer({ attributes }), key: undefined },
];

/** A changed request, and whether its own key signed the changes. */
interface Changed {
  readonly pem: string;
  readonly signed: boolean;
}

const changes: Readonly<Record<string, (base: Good, random: Random) => Changed>> = {
  'its bytes': (base, random) => ({ pem: pemOf(mutateBytes(base.der, random, otherOf(base, random))), signed: false }),
  'its text': (base, random) => ({ pem: mutateText(pemOf(base.der), random), signed: false }),
  'bytes of what is signed': (base, random) => {
    const info = mutateBytes(infoOf(base.der), random, infoOf(otherOf(base, random)));
    return { pem: pemOf(signedAround(info, base.key)), signed: true };
  },
  'parts of what is signed': (base, random) => {
    const info = mutateTree(decode(infoOf(base.der)), random);
    return { pem: pemOf(signedAround(der.encode(info), base.key)), signed: true };
  },
};

describe('the strict approver', () => {
  test('approves each request before it is changed', () => {
    for (const base of good) {
      expect(judge(base, pemOf(base.der))).toEqual({ approve: true, host: 'node1' });
      expect(judge(base, pemOf(signedAround(infoOf(base.der), base.key)))).toEqual({ approve: true, host: 'node1' });
    }
  });

  const each = Math.ceil(count / Object.keys(changes).length);
  test.each(Object.entries(changes))(
    `throws at none of ${each} requests with changes in %s, and approves none that asks for anything else (npm run test:all: a million in all)`,
    async (what, change) => {
      const random = seeded(what);
      for (let index = 0; index < each; index += 1) {
        const base = good[random(good.length)] ?? good[0];
        if (base === undefined) throw new Error('there is no request');
        const { pem, signed } = change(base, random);
        // Not through expect, which would be most of the time.
        const fault = faultOf(base, pem, signed);
        if (fault !== undefined) expect.unreachable(`request ${index} of "${what}": ${fault}\n${pem}`);
        if (index % 500 === 0) await turn();
      }
    },
    30_000 + each * 8,
  );
});

function judge(base: Good, requestPem: string) {
  return judgeCsr({ ...base.object, requestPem }, hosts, base.purpose);
}

function faultOf(base: Good, pem: string, signed: boolean): string | undefined {
  try {
    const judgement = judge(base, pem);
    if (!judgement.approve) return judgement.reason === '' ? 'refused without a reason' : undefined;
    // Its own bytes come back from changes that undo each other, or of white space around them.
    if (pemBlocks(pem)[0]?.der.equals(base.der) === true) return undefined;
    return signed && asksTheSame(base, pem) ? undefined : 'approved';
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

/** What is signed may say the same in other words: text of another type, fewer or doubled names of the host. */
function asksTheSame(base: Good, pem: string): boolean {
  const result = parseCsr(pem);
  if (!result.ok) return false;
  const { commonName, organizations, otherSubject, unknownAttributes, extensions, ...csr } = result.csr;
  const asked = [...csr.dnsNames, ...csr.ipAddresses, ...csr.emails, ...csr.uris];
  const own = base.purpose === 'client' ? [] : ['node1', '10.0.0.1', 'fd00::1'];
  return (
    commonName === 'system:node:node1' &&
    organizations.join() === 'system:nodes' &&
    otherSubject.length + unknownAttributes.length === 0 &&
    extensions.every((oid) => oid === '2.5.29.17') &&
    asked.every((name) => own.includes(name)) &&
    !csr.isCa
  );
}

function otherOf(base: Good, random: Random): Buffer {
  return (good[random(good.length)] ?? base).der;
}

function infoOf(bytes: Buffer): Buffer {
  const whole: Node = decode(bytes);
  return der.encode(members(whole, 'sequence', 'the request')[0] ?? whole);
}
