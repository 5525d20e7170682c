import { join } from 'node:path';
import { expect, it } from 'vitest';
import { warnOfRotations } from '../../../src/cli/rotations.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import {
  keptThings,
  openClusterPki,
  openStore,
  rotatable,
  startRotation,
  writeRotation,
} from '../../../src/pki/index.ts';
import type { Rotatable } from '../../../src/pki/index.ts';
import { sampleInventory, temporaryFolder } from '../pki/fixture.ts';

const inventory = sampleInventory();

/** Warnings while these are exchanged. */
async function warningsWhile(begun: readonly Rotatable[], settled?: string, own?: Rotatable) {
  const dir = join(await temporaryFolder(), 'pki');
  await openClusterPki(dir, inventory);
  const store = await openStore(dir);
  const kept = await keptThings(inventory);
  for (const what of begun) {
    await startRotation(store, kept[what]);
    if (settled !== undefined) await writeRotation(store, what, { phase: 'trust', settled });
  }
  const events: RunEvent[] = [];
  warnOfRotations({ pki: await openClusterPki(dir, inventory), emit: (event) => void events.push(event) }, own);
  return events.map((event) => (event.type === 'warning' ? event.text : ''));
}

it('is silent where nothing is exchanged', async () => {
  expect(await warningsWhile([])).toEqual([]);
});

it('says of each exchange how far it is, since when, and what goes on with it', async () => {
  expect(await warningsWhile(['etcd-ca'], '2030-01-15T12:00:00.000Z')).toEqual([
    'etcd-ca is being exchanged, step 1 of 3: the next one is trusted beside the one in use (in force since 2030-01-15T12:00:00.000Z); go on by  k8sup certs rotate-ca etcd',
  ]);
  const all = await warningsWhile(rotatable);
  expect(all.map((text) => text.replace(/ is being .*not ended.*certs /, ': '))).toEqual([
    'kubernetes-ca: rotate-ca kubernetes',
    'etcd-ca: rotate-ca etcd',
    'front-proxy-ca: rotate-ca front-proxy',
    'service-account: rotate-sa-key',
    'encryption-key: rotate-encryption-key',
  ]);
});

it('leaves out the one that the command itself goes on with', async () => {
  expect(await warningsWhile(['etcd-ca', 'service-account'], undefined, 'etcd-ca')).toEqual([
    expect.stringMatching(/^service-account /),
  ]);
});
