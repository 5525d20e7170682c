import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLabName, labNames, newRecord, parseRecord, readRecord } from '../../../src/lab/record.ts';
import { plainNetwork } from '../../../src/lab/topology.ts';

const mountInfo = '30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n';

describe('a lab record', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'k8sup-labs-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('comes back as it was written', async () => {
    const record = newRecord('demo', { hosts: 2, network: { ...plainNetwork, subnets: 2 } }, mountInfo, new Date(0));
    await mkdir(join(root, 'demo'));
    await writeFile(join(root, 'demo/state.json'), JSON.stringify(record));
    expect(await readRecord('demo', root)).toEqual(record);
    expect(record).toMatchObject({ netns: 'k8sup-demo', cgroups: ['/sys/fs/cgroup/k8sup-lab/demo'], status: 'making' });
    expect(record.hosts[1]).toEqual({
      name: 'h2',
      address: '10.88.1.12',
      subnet: 1,
      machine: 'demo-h2',
      directory: '/var/lib/k8sup-lab/demo/h2',
    });
  });

  it('is made up from the name where a crash came before it, for as many hosts as there can be', async () => {
    await mkdir(join(root, 'demo'));
    const record = await readRecord('demo', root);
    expect(record).toMatchObject({ name: 'demo', netns: 'k8sup-demo' });
    expect(record.hosts).toHaveLength(50);
    expect(record.dir).toBeUndefined();
  });

  it('of a lab that an earlier k8sup made has the network that there was then', () => {
    expect(parseRecord('{"version": 1, "hosts": []}').network).toEqual(plainNetwork);
  });

  it('says which labs there are when one is unknown', async () => {
    await mkdir(join(root, 'one'));
    await mkdir(join(root, 'two'));
    await writeFile(join(root, '.machine.json'), '{}');
    expect([...(await labNames(root))].sort()).toEqual(['one', 'two']);
    await expect(readRecord('three', root)).rejects.toMatchObject({
      code: 'LAB_UNKNOWN',
      kind: 'lab',
      why: expect.stringMatching(/one, two|two, one/) as string,
    });
    await expect(readRecord('three', join(root, 'none'))).rejects.toMatchObject({ why: 'There is no lab at all.' });
  });

  it('says what is wrong with a damaged one', async () => {
    await mkdir(join(root, 'demo'));
    await writeFile(join(root, 'demo/state.json'), '{"version": 1, "ho');
    await expect(readRecord('demo', root)).rejects.toMatchObject({ code: 'LAB_RECORD' });
    expect(() => parseRecord('{"version": 2, "hosts": []}')).toThrow('not a record');
  });
});

describe('checkLabName', () => {
  it.each(['a', 'lab', 'lab-2', 'a'.repeat(24)])('takes %s', (name) => {
    expect(() => checkLabName(name)).not.toThrow();
  });
  it.each(['', '-a', 'a-', 'A', 'a.b', '../x', 'a/b', 'a'.repeat(25)])('refuses %j', (name) => {
    expect(() => checkLabName(name)).toThrow('cannot be the name of a lab');
  });
});
