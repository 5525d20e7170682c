import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { exampleInventory, playbookSchemaFile, schemaFile } from '../../../src/inventory/example.ts';
import {
  inventoryJsonSchema,
  inventoryReference,
  networkSettingsReference,
  playbookJsonSchema,
  playbookReference,
} from '../../../src/inventory/reference.ts';
import { flannelSettings } from '../../../src/network/flannel/settings.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { inventorySchemas } from '../../../src/inventory/schema.ts';
import { fieldsOf } from '../../../src/inventory/schema/walk.ts';
import { readmeBlock } from '../../support/readme.ts';
import { check, resolved, smallest } from './sample.ts';

const fields = fieldsOf(inventorySchemas(networkPlugins).inventory);

describe('the example', () => {
  test('has no mistakes and no warnings', () => {
    const result = check(exampleInventory());
    expect('problems' in result ? result.problems : result.warnings).toEqual([]);
  });

  test('writes the versions down that a living cluster cannot change, and they are the defaults', () => {
    const text = exampleInventory();
    const { versions } = resolved(smallest).cluster;
    expect(text).toContain(`\n  kubernetesVersion: ${versions.kubernetes} `);
    expect(text).toContain(`\n  etcd:\n    version: ${versions.etcd}\n`);
  });

  test('has none with every comment that holds keys taken off either', () => {
    const uncommented = exampleInventory()
      .split('\n')
      .map((line) => line.replace(/^( +)# (?=[ -]*[\w{]+.*: |[ -]*[\w]+:$)/, '$1'))
      .map((line) => line.replace(/^ +[A-Z].*[^\]}]$/, ''))
      .join('\n');
    const result = check(uncommented);
    const problems = 'problems' in result ? result.problems : [];
    expect(problems.map((problem) => `${problem.position.line} ${problem.code} ${problem.message}`)).toEqual([]);
  });

  test('names every key, but of networks from upstream only the key of their settings', () => {
    const text = exampleInventory();
    const upstream = ['calico', 'canal', 'kube-router', 'kube-ovn', 'cilium', 'multus', 'nodeLocalDNS'];
    const named = fields.filter(({ path }) => path.length <= 3 || !upstream.includes(path[2] ?? ''));
    const absent = named.filter((field) => !new RegExp(`\\b${field.path.at(-1) ?? ''}:`).test(text));
    expect(absent.map((field) => field.path.join('.'))).toEqual([]);
  });

  test('tells editors where the schema is', () => {
    expect(exampleInventory().split('\n')[0]).toBe(`# yaml-language-server: $schema=${schemaFile()}`);
    expect(exampleInventory('x.json').split('\n')[0]).toBe('# yaml-language-server: $schema=x.json');
  });
});

describe('the schema for editors', () => {
  test('is not stale', () => expect(readFileSync(schemaFile(), 'utf8')).toBe(inventoryJsonSchema(networkPlugins)));

  test('knows patterns, refuses unknown keys and gives only defaults that can be written', () => {
    const schema = JSON.stringify(JSON.parse(inventoryJsonSchema(networkPlugins)));
    expect(schema).toContain('"additionalProperties":false');
    expect(schema).toContain('"pattern"');
    expect(schema).not.toContain('"standard"');
    expect(schema).not.toContain("the only master's");
  });
});

describe('the schema of playbooks for editors', () => {
  const schema = JSON.parse(playbookJsonSchema()) as object;
  const takes = (playbook: string): boolean => new Ajv({ strict: false }).validate(schema, parse(playbook));

  test('is not stale, and its place is told where the keys are', () => {
    expect(readFileSync(playbookSchemaFile(), 'utf8')).toBe(playbookJsonSchema());
    const line = /^# yaml-language-server: \$schema=<path to k8sup>\/(\S+)$/m.exec(playbookReference())?.[1] ?? 'none';
    expect(playbookSchemaFile().endsWith(`/${line}`)).toBe(true);
  });

  test("takes the README's example, and refuses what is no playbook", () => {
    expect(takes(readmeBlock('# site.yaml'))).toBe(true);
    const resource = (text: string): string => `stages: [{ name: a, resources: [${text}] }]`;
    expect(takes(resource('{ directory: { path: /a } }'))).toBe(true);
    const wrong = ['{ directry: { path: /a } }', '{}', '{ directory: { path: a } }'];
    const twice = '{ directory: { path: /a }, kernelModule: { name: a } }';
    expect([...wrong, twice].filter((text) => takes(resource(text)))).toEqual([]);
  });
});

describe('the reference', () => {
  test('has a row for every key in one of its pages, with what it means', () => {
    const rowsOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('| `'));
    const rows = rowsOf(inventoryReference(networkPlugins));
    const ofNetworks = rowsOf(networkSettingsReference(networkPlugins));
    const keys = [...rows, ...ofNetworks].map((row) => row.split('`')[1] ?? '');
    expect(keys.toSorted()).toEqual(fields.map(({ path }) => path.join('.').replaceAll('.[]', '[]')).toSorted());
    expect(ofNetworks.filter((row) => !/`(cluster\.network|hosts\[\])\.[\w-]+\./.test(row))).toEqual([]);
    expect(rows.join('\n')).not.toContain('cluster.network.calico.');
    expect(rows).toContain(
      '| `cluster.network.flannel` | section |  | Settings of flannel: [its keys](src/network/SETTINGS.md#flannel) |',
    );
    expect(fields.filter((field) => field.description === '').map((field) => field.path.join('.'))).toEqual([]);
    expect(rows).toContain(
      '| `hosts[].taints[].effect` | NoSchedule \\| PreferNoSchedule \\| NoExecute | **required** | What happens to pods that do not tolerate it |',
    );
  });

  test('says defaults that are true', () => {
    const { cluster } = resolved(smallest);
    const written = Object.fromEntries(fields.map((field) => [field.path.join('.'), field.standard]));
    expect(JSON.stringify(cluster.versions.kubernetes)).toBe(written['cluster.kubernetesVersion']);
    expect(JSON.stringify(cluster.etcd.dataDir)).toBe(written['cluster.etcd.dataDir']);
    expect(JSON.stringify(cluster.audit)).toBe(written['cluster.apiserver.audit']);
    expect(JSON.stringify(cluster.network.podCIDR)).toBe(written['cluster.network.podCIDR']);
    expect(JSON.stringify(flannelSettings(resolved(smallest)).vni)).toBe(written['cluster.network.flannel.vni']);
    expect(JSON.stringify(cluster.firewall)).toBe(written['cluster.hostPreparation.firewall']);
  });
});
