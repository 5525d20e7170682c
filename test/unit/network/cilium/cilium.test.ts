import { describe, expect, it, test } from 'vitest';
import { ciliumSettings } from '../../../../src/network/cilium/cilium.ts';
import { firstCertificates } from '../../../../src/network/cilium/certificates-job.ts';
import { ciliumValues } from '../../../../src/network/cilium/values.ts';
import { imagesOf } from '../../../../src/network/upstream/index.ts';
import { because, noChart } from '../../../support/upstream.ts';
import { inventoryFor } from '../calico/variants.ts';
import { objectsFor } from '../rendering.ts';
import { ciliumVariants } from './variants.ts';

const name = 'cilium';
const tree = { component: name, version: '1.20.2' };
const source = { ...tree, file: 'cilium.tgz' };

test.each(Object.entries(ciliumVariants))('values of %s', async (variant, chosen) => {
  const inventory = inventoryFor(chosen, name);
  const text = JSON.stringify(ciliumValues(inventory, ciliumSettings(inventory)), null, 2);
  await expect(`${text}\n`).toMatchFileSnapshot(`golden/${variant}.values.json`);
});

const reason = noChart(tree);

describe.skipIf(reason !== undefined)(`Cilium's objects${because(reason)}`, () => {
  it.each(Object.entries(ciliumVariants))('%s is rendered, and always to the same', async (_variant, chosen) => {
    const inventory = inventoryFor(chosen, name);
    const [one, two] = [await objectsFor(name, inventory, tree), await objectsFor(name, inventory, tree)];
    expect(one).toEqual(two);
    expect(imagesOf(one).some((image) => image.startsWith('quay.io/cilium/cilium:'))).toBe(true);
  });
});

const cronJob = (spec: object) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'hubble-generate-certs', namespace: 'kube-system' },
  spec: { schedule: '0 0 1 */4 *', jobTemplate: { spec } },
});

test("Hubble's first certificates are made by a job like those of later, which stays when it is done", () => {
  const template = { spec: { serviceAccountName: 'hubble-generate-certs' } };
  const job = firstCertificates([cronJob({ template, ttlSecondsAfterFinished: 1800 })], source);
  expect(job).toMatchObject({ kind: 'Job', metadata: { namespace: 'kube-system' }, spec: { template } });
  expect(job['spec']).not.toHaveProperty('ttlSecondsAfterFinished');
  const other = firstCertificates([cronJob({ template: { spec: { serviceAccountName: 'other' } } })], source);
  expect(other.metadata.name).not.toBe(job.metadata.name);
});

test('a chart without that CronJob is refused', () => {
  expect(() => firstCertificates([], source)).toThrow(/there is no CronJob hubble-generate-certs/);
});
