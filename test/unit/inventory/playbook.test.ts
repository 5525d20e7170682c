import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadInventory } from '../../../src/inventory/load.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { loadPlaybook } from '../../../src/inventory/playbook/load.ts';
import { builtInStages } from '../../../src/inventory/playbook/model.ts';
import { namesOf, render } from '../../../src/inventory/playbook/template.ts';
import { InventoryError } from '../../../src/inventory/problem.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { containerSite, site } from '../../../playbooks/site.ts';
import { readmeBlock } from '../../support/readme.ts';

const hosts = `hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node], variables: { rack: r1, deep: { port: 80 } } }
  - { name: h2, address: 192.0.2.12, variables: { rack: r2 } }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k8sup-playbook-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

async function load(playbooks: Readonly<Record<string, string>>, more = ''): Promise<Inventory> {
  for (const [name, text] of Object.entries(playbooks)) await put(name, text);
  const list = Object.keys(playbooks).join(', ');
  const file = await put('inventory.yaml', `cluster: { name: one${more} }\n${hosts}playbooks: [${list}]\n`);
  return loadInventory(file, networkPlugins);
}

/** `FILE:LINE:COLUMN CODE`, in the order in which they are told. */
async function mistakes(playbooks: Readonly<Record<string, string>>, more = ''): Promise<readonly string[]> {
  const error: unknown = await load(playbooks, more).then(
    () => new Error('no mistake'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof InventoryError)) throw error;
  return error.problems.map(({ position: { file, line, column }, code }) => {
    return `${file.slice(folder.length + 1)}:${String(line)}:${String(column)} ${code}`;
  });
}

const stage = (body: string): string => `stages:\n  - name: one\n${body}`;
const resource = (text: string): string => stage(`    resources:\n      - ${text}\n`);

const object = '{ apiVersion: v1, kind: ConfigMap, metadata: { name: a } }';
const objects = (more: string, ...list: readonly string[]): string =>
  stage(`${more}    objects:\n${list.map((one) => `      - ${one}\n`).join('')}`);

describe('a playbook', () => {
  test('of the README is right, with every default filled in', async () => {
    await put('agent-password', 'x\n');
    await put('agent.tar.gz', '');
    const { playbooks } = await load({ 'site.yaml': readmeBlock('# site.yaml') });
    expect(playbooks).toMatchObject([
      {
        name: 'site',
        stages: [
          { id: 'site.login', place: { after: '01.prepare' }, target: {} },
          { id: 'site.agent', place: {}, target: { roles: ['node'] }, objects: undefined },
        ],
        hooks: [{ name: 'tell the team', where: 'controller', timeoutSeconds: 10 }],
      },
    ]);
    expect(playbooks[0]?.stages[1]?.resources.map(({ kind }) => kind)).toEqual([
      'package',
      'user',
      'directory',
      'template',
      'archive',
      'sysctl',
      'unit',
      'command',
    ]);
    expect(playbooks[0]?.stages[1]?.resources[0]).toEqual({
      kind: 'package',
      line: 16,
      apt: 'iproute2',
      dnf: 'iproute',
      zypper: 'iproute2',
    });
  });

  test('tells every mistake at once, beside those of the inventory, each at its place', async () => {
    const text = `stages:
  - name: One
    after: 01.prepair
    hosts: [h1, h3]
    resources:
      - fil: { path: /x }
      - file: { path: x, content: y }
      - file: { path: /x, content: y, source: z }
      - command: { run: ls }
      - template: { path: /y, content: "{{ host.nmae }}" }
hooks:
  - { name: h, run: ls }
`;
    expect(await mistakes({ 'a.yaml': text, 'b.yaml': 'steps: []\n' }, ', foo: 1')).toEqual([
      'inventory.yaml:1:23 UNKNOWN_KEY',
      'a.yaml:2:11 STAGE_NAME_INVALID',
      'a.yaml:3:12 UNKNOWN_STAGE',
      'a.yaml:4:17 UNKNOWN_HOST',
      'a.yaml:6:9 UNKNOWN_KEY',
      'a.yaml:7:23 PATH_NOT_ABSOLUTE',
      'a.yaml:8:9 ONE_OF',
      'a.yaml:9:9 ONE_OF',
      'a.yaml:12:5 MISSING_KEY',
      'b.yaml:1:1 UNKNOWN_KEY',
    ]);
  });

  test.each([
    ['a stage that is not there', stage('    before: 04.kube-mastr\n'), '3:13 UNKNOWN_STAGE'],
    ['a host that is not there', stage('    hosts: [h1, h22]\n'), '3:17 UNKNOWN_HOST'],
    ['two places', stage('    before: etcd\n    after: etcd\n'), '4:12 ONE_OF'],
    ['two kinds in one', resource('{ directory: { path: /a }, kernelModule: { name: a } }'), '4:9 ONE_KIND'],
    ['the same twice', resource('directory: { path: /a }\n      - directory: { path: /a }'), '5:9 DUPLICATE_RESOURCE'],
    ['a file that is not there', resource('file: { path: /a, source: ./none }'), '4:35 SOURCE_FILE_UNREADABLE'],
    [
      'a name without a value',
      resource('template: { path: /a, content: "{{ host.nmae }}" }'),
      '4:40 TEMPLATE_NAME_UNKNOWN',
    ],
    [
      'a variable of one host alone',
      resource('template: { path: /a, content: "{{ host.variables.deep.port }}" }'),
      '4:40 TEMPLATE_NAME_UNKNOWN',
    ],
    ['an object twice', objects('', object, object), '5:9 DUPLICATE_OBJECT'],
    ['objects before any apiserver', objects('    before: 04.kube-master\n', object), '3:13 OBJECTS_TOO_EARLY'],
    ['objects after a stage without one', objects('    after: runtime\n', object), '3:12 OBJECTS_TOO_EARLY'],
    ['a mode in decimal', resource('file: { path: /a, content: b, mode: 999 }'), '4:45 WRONG_TYPE'],
  ])('is refused for %s', async (_title, text, expected) => {
    expect(await mistakes({ 'a.yaml': text })).toEqual([`a.yaml:${expected}`]);
  });

  test.each(['after: 04.kube-master', 'before: kube-node', 'after: addons', 'title: at the end'])(
    'may put objects %s',
    async (place) => {
      const { playbooks } = await load({ 'a.yaml': objects(`    ${place}\n`, object) });
      expect(playbooks[0]?.stages[0]?.objects).toEqual([{ object: expect.anything() as unknown, line: 5 }]);
    },
  );

  test('knows the line of each thing', async () => {
    const { playbooks } = await load({
      'a.yaml': resource('directory: { path: /a }\n\n      - directory:\n          path: /b'),
    });
    expect(playbooks[0]?.stages[0]?.resources.map(({ line }) => line)).toEqual([4, 6]);
  });

  test('points into a template that is a file of its own', async () => {
    await put('t.conf', 'rack={{ host.variables.rack }}\n  port={{ host.variables.prot }}\n');
    expect(await mistakes({ 'a.yaml': resource('template: { path: /a, source: t.conf }') })).toEqual([
      't.conf:2:8 TEMPLATE_NAME_UNKNOWN',
    ]);
  });

  test('takes a secret from a file of mode 0600 alone', async () => {
    await put('open', 'x', 0o644);
    expect(await mistakes({ 'a.yaml': resource('file: { path: /a, secretFile: open }') })).toEqual([
      'a.yaml:4:39 SECRET_FILE_MODE',
    ]);
  });

  test('by itself is checked in the same way', async () => {
    const inventory = await load({ 'a.yaml': stage('    title: x\n') });
    const other = await put('other.yaml', stage('    hosts: [h9]\n'));
    await expect(loadPlaybook(other, inventory)).rejects.toMatchObject({ problems: [{ code: 'UNKNOWN_HOST' }] });
  });

  test('knows the stages there are', () => {
    expect([...builtInStages]).toEqual(site.map(({ id }) => id));
    expect(containerSite.map(({ id }) => id).filter((id) => !/kube|addons/.test(id))).toHaveLength(
      containerSite.length,
    );
  });
});

describe('a template', () => {
  test('has names in it, and texts in quotes that stand for themselves', () => {
    const text = 'a {{ x.y }}{{ "{{" }}\n {{z}}';
    expect(namesOf(text)).toEqual([
      { name: 'x.y', line: 1, column: 3 },
      { name: 'z', line: 2, column: 2 },
    ]);
    expect(render(text, (name) => `<${name}>`)).toBe('a <x.y>{{\n <z>');
    expect(() => render(text, () => undefined)).toThrow('"x.y"');
  });
});
