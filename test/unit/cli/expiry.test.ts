import { join } from 'node:path';
import { expect, it } from 'vitest';
import { warnOfExpiry } from '../../../src/cli/expiry.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { importAuthority, leafOf, openClusterPki, openStore } from '../../../src/pki/index.ts';
import { below, root } from '../pki/elsewhere.ts';
import { days, now, sampleInventory, temporaryFolder } from '../pki/fixture.ts';

/** Warnings of the last of some applies, so many days after the cluster was made. */
async function warningsAfter(
  applies: readonly number[],
  hours: { readonly caHours: number; readonly leafHours: number },
) {
  const dir = join(await temporaryFolder(), 'pki');
  const inventory = sampleInventory(undefined, { lifetimes: { ...hours, nodeHours: hours.leafHours } });
  let pki = await openClusterPki(dir, inventory, { now });
  for (const count of applies) pki = await openClusterPki(dir, inventory, { now: days(count) });
  const events: RunEvent[] = [];
  warnOfExpiry({ pki, emit: (event) => void events.push(event) }, days(applies.at(-1) ?? 0));
  return events.map((event) => (event.type === 'warning' ? `${event.host ?? 'all'}: ${event.text}` : ''));
}

it('is silent as long as apply can make anew what is near its end', async () => {
  const hours = { caHours: 24 * 3650, leafHours: 24 * 365 };
  for (const count of [0, 274, 364]) expect(await warningsAfter([count], hours)).toEqual([]);
});

it('warns of authorities in their last 90 days, and of what cannot outlive them', async () => {
  const hours = { caHours: 24 * 400, leafHours: 24 * 365 };
  expect(await warningsAfter([309], hours)).toEqual([]);
  expect(await warningsAfter([311], hours)).toEqual(
    ['kubernetes-ca', 'etcd-ca', 'front-proxy-ca'].map((name) => `all: the certificate ${name} ends in 88 days`),
  );
  expect(await warningsAfter([311, 380], hours)).toContain('n1: the certificate kube-proxy ends in 19 days');
});

it('warns of a short-lived authority in the last third of its own life', async () => {
  const hours = { caHours: 24 * 30, leafHours: 24 * 3 };
  expect(await warningsAfter([19], hours)).toEqual([]);
  expect(await warningsAfter([21], hours)).toContain('all: the certificate etcd-ca ends in 8 days');
});

it('says of what is signed elsewhere that its request waits', async () => {
  const pki = await openClusterPki(join(await temporaryFolder(), 'pki'), sampleInventory(), { now });
  const leaves = pki.leaves.map((leaf) => ({ ...leaf, waiting: 'expiring' as const }));
  const events: RunEvent[] = [];
  warnOfExpiry({ pki: { ...pki, leaves }, emit: (event) => void events.push(event) }, days(300));
  expect(events[0]).toMatchObject({
    text: expect.stringMatching(/ends in 64 days: its request waits to be signed, see/) as string,
  });
});

it('heeds the end of what stands above an authority: nothing is made to outlive it, and it is warned of', async () => {
  const store = await openStore(join(await temporaryFolder(), 'pki'));
  const inventory = sampleInventory(undefined, {
    lifetimes: { caHours: 24 * 3650, leafHours: 24 * 365, nodeHours: 24 },
  });
  const long = await root({ name: 'company root', days: 3000 });
  // The same root, as its owner made it first.
  const short = await root({ name: 'company root', key: long.key, days: 400 });
  const { certPem, keyPem } = await below(long, { name: 'company kubernetes', days: 2900 });
  const source = (name: string, text: string) => ({ name, text });
  const brought = { cert: source('c', certPem), key: source('k', keyPem), chain: source('r', short.certPem) };
  await importAuthority(store, 'kubernetes-ca', brought, { inventory, now });
  await openClusterPki(store.dir, inventory, { now });
  const pki = await openClusterPki(store.dir, inventory, { now: days(311) });
  const end = leafOf(pki.leaves, 'admin').notAfter.getTime();
  expect(end).toBeGreaterThan(days(399).getTime());
  expect(end).toBeLessThanOrEqual(days(400).getTime());
  const events: RunEvent[] = [];
  warnOfExpiry({ pki, emit: (event) => void events.push(event) }, days(311));
  expect(events).toContainEqual({
    type: 'warning',
    text: 'the certificate company root above kubernetes-ca ends in 89 days',
  });
});
