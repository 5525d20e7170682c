import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteOf, stageById } from '../../../playbooks/site.ts';
import { stagesNamed } from '../../../src/cli/own-stages.ts';
import { parseLeft } from '../../../src/engine/left.ts';
import { runStages } from '../../../src/engine/run.ts';
import type { ActionContext, Stage } from '../../../src/engine/stage.ts';
import { loadInventory } from '../../../src/inventory/load.ts';
import type { Inventory } from '../../../src/inventory/model.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { hookStep } from '../../../src/playbook/hooks.ts';
import { ownResources } from '../../../src/playbook/resources.ts';
import { unifiedDiff } from '../../../src/report/index.ts';
import { noFakeHost } from '../../support/fake-executor.ts';
import { stageOf, step, testRun, thing, told } from '../engine/fixture.ts';
import type { TestRun } from '../engine/fixture.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-steps-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const pki = { authorities: { clusterId: 'id', pending: false } } as ActionContext['pki'];

/** An inventory of two hosts with these playbooks. */
async function inventory(playbooks: Readonly<Record<string, string>>): Promise<Inventory> {
  for (const [name, text] of Object.entries(playbooks)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const file = join(folder, 'inventory.yaml');
  writeFileSync(
    file,
    `cluster: { name: one }
hosts:
  - { name: h1, address: 192.0.2.11, roles: [etcd, master, node], variables: { rack: r1 } }
  - { name: h2, address: 192.0.2.12, variables: { rack: r2 } }
playbooks: [${Object.keys(playbooks).join(', ')}]
`,
  );
  return loadInventory(file, networkPlugins);
}

const own = (from: Inventory): readonly Stage[] => siteOf(from).filter(({ id }) => !/^\d/.test(id));

async function apply(run: TestRun, stages: readonly Stage[]): Promise<number> {
  const { counts } = run.context;
  const before = counts.changed;
  expect((await runStages(stages, run.context)).error).toBeUndefined();
  return counts.changed - before;
}

const app = (resources: string, more = ''): string => `stages:\n  - name: app\n${more}    resources:\n${resources}`;
const rack = `      - template: { path: /etc/rack, content: "{{ host.name }} in {{ host.variables.rack }}\\n" }\n`;

describe('stages of the user', () => {
  const text = (name: string, more: string): string => `  - { name: ${name}, ${more} }\n`;

  it('stand before and after the built-in ones, in the order of the files, the others at the end', async () => {
    const first = `stages:\n${text('a', 'after: prepare')}${text('b', 'title: x')}${text('c', 'before: 02.etcd')}`;
    const second = `stages:\n${text('a', 'after: 01.prepare')}${text('d', 'after: network')}`;
    const made = await inventory({ 'one.yaml': first, 'two.yaml': second });
    expect(siteOf(made).map(({ id }) => id)).toEqual([
      '01.prepare',
      'one.a',
      'two.a',
      'one.c',
      '02.etcd',
      '03.runtime',
      '04.kube-master',
      '05.kube-node',
      '06.network',
      'two.d',
      '07.addons',
      'one.b',
    ]);
    expect(siteOf(made).at(-1)).toBe(siteOf(made).at(-1));
    expect(stageById('two.d', made).id).toBe('two.d');
    expect(stageById('d', made).id).toBe('two.d');
    expect((await stagesNamed('one', made)).map(({ id }) => id)).toEqual(['one.a', 'one.c', 'one.b']);
    expect((await stagesNamed(join(folder, 'two.yaml'), made)).map(({ id }) => id)).toEqual(['two.a', 'two.d']);
    expect((await stagesNamed('network', made)).map(({ id }) => id)).toEqual(['06.network']);
  });

  it('are for the hosts that they name, by role or by name', async () => {
    const made = await inventory({
      'a.yaml': `stages:\n${text('m', 'roles: [master]')}${text('h', 'hosts: [h2]')}${text('all', 'title: x')}`,
    });
    const hosts = own(made).map(({ steps }) =>
      made.hosts.filter((host) => steps[0]?.type === 'hosts' && steps[0].on(host)).map(({ name }) => name),
    );
    expect(hosts).toEqual([['h1'], ['h2'], ['h1', 'h2']]);
  });

  it('put objects in the cluster as a set of their own', async () => {
    const object = '{ apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: default }, data: { x: "1" } }';
    const [only] = own(await inventory({ 'a.yaml': `stages:\n  - name: b\n    objects: [${object}]\n` }));
    const [cluster, ...more] = only?.steps ?? [];
    expect(more).toEqual([]);
    expect(cluster).toMatchObject({ type: 'cluster', set: 'playbook-a.b' });
    expect(cluster?.type === 'cluster' && (await cluster.objects(undefined as never))).toMatchObject([
      { kind: 'ConfigMap', data: { x: '1' } },
    ]);
  });
});

describe('objects of playbooks', () => {
  const map = (name: string): string => `{ apiVersion: v1, kind: ConfigMap, metadata: { name: ${name} } }`;
  const named = (...maps: readonly string[]): string => `    objects: [${maps.map(map).join(', ')}]\n`;
  const text = `stages:\n  - name: b\n${named('one')}  - name: c\n${named('two')}  - name: d\n    title: none\n`;
  const ids = (list: readonly { readonly metadata: { readonly name: string } }[]) =>
    list.map(({ metadata }) => metadata.name);

  it('stay where they move to another stage, and each has its line', async () => {
    const made = await inventory({ 'a.yaml': text });
    const steps = own(made).flatMap((stage) => stage.steps.filter((one) => one.type === 'cluster'));
    expect(steps.map(({ keep }) => ids(keep?.({ inventory: made } as never) ?? []))).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    expect(steps.map(({ owner }) => [owner?.('ConfigMap one'), owner?.('ConfigMap two')])).toEqual([
      ['playbook a.yaml:3', undefined],
      [undefined, 'playbook a.yaml:5'],
    ]);
  });

  it('go with a stage that is no longer there, or has none; what a file alone has put there stays until it is adopted', async () => {
    const made = await inventory({ 'a.yaml': text });
    const last = siteOf(made)
      .find(({ id }) => id === '07.addons')
      ?.steps.at(-1);
    const sets = last?.type === 'cluster' ? last.forgotten?.({ inventory: made } as never) : undefined;
    const names = ['playbook-a.b', 'playbook-a.d', 'playbook-x.y', 'alone-x.y', 'alone-a.c', 'network', 'dns'];
    expect(names.filter((name) => sets?.is(name))).toEqual(['playbook-a.d', 'playbook-x.y', 'alone-a.c']);
    expect(ids(sets?.keep ?? [])).toEqual(['one', 'two']);
  });

  it('of a file alone are a set of their own', async () => {
    writeFileSync(join(folder, 'lone.yaml'), text);
    const [first] = await stagesNamed(join(folder, 'lone.yaml'), await inventory({}));
    expect(first?.steps).toMatchObject([{ set: 'alone-lone.b' }]);
  });
});

describe.skipIf(noFakeHost !== undefined)('a stage of the user', () => {
  it('has its drift told with the line of its playbook', async () => {
    const first = await inventory({ 'a.yaml': app(`${rack}      - directory: { path: /srv/more }\n`) });
    using run = testRun({ pki }, first);
    await apply(run, own(first));
    run.host('h1').write('/etc/rack', 'edited\n');
    await run.host('h2').sh('rmdir /srv/more');
    const left = new Map(
      ['h1', 'h2'].map((name) => [name, parseLeft(run.host(name).read('/var/lib/k8sup/left'))] as const),
    );
    const seen = run.events.length;
    await runStages(own(first), { ...run.context, mode: 'plan', left });
    const found = run.events.slice(seen).flatMap((event) => (event.type === 'change' ? [event] : []));
    expect(found.map(({ host, resource, owner, cause }) => [host, resource, owner, cause])).toEqual([
      ['h1', 'file:/etc/rack', 'playbook a.yaml:4', 'host'],
      ['h2', 'directory:/srv/more', 'playbook a.yaml:5', 'host'],
    ]);
  });

  it('plans and changes nothing, applies, changes nothing again, and mends an edit', async () => {
    const made = await inventory({ 'a.yaml': app(rack) });
    using run = testRun({ pki }, made);
    await runStages(own(made), { ...run.context, mode: 'plan', showDiff: unifiedDiff });
    expect(told(run.events, 'change')).toContain('change h2 file:/etc/rack');
    expect(JSON.stringify(run.events)).toContain('+h2 in r2');
    expect(existsSync(run.host('h2').path('/etc/rack'))).toBe(false);
    expect(await apply(run, own(made))).toBe(4);
    expect(run.host('h2').read('/etc/rack')).toBe('h2 in r2\n');
    expect(await apply(run, own(made))).toBe(0);
    run.host('h1').write('/etc/rack', 'edited\n');
    expect(await apply(run, own(made))).toBe(1);
    expect(run.host('h1').read('/etc/rack')).toBe('h1 in r1\n');
  });

  it('shows nothing of a secret', async () => {
    writeFileSync(join(folder, 'password'), 'hunter2\n', { mode: 0o600 });
    const made = await inventory({
      'a.yaml': app(
        '      - template: { path: /etc/x, content: "p={{ secrets.p }}", secrets: { p: { secretFile: password } } }\n      - file: { path: /etc/y, secretFile: password }\n',
      ),
    });
    using run = testRun({ pki, showDiff: unifiedDiff }, made);
    await apply(run, own(made));
    expect(run.host('h1').read('/etc/x')).toBe('p=hunter2');
    expect(await run.host('h1').sh('cat /etc/y; stat -c %a /etc/x /etc/y')).toBe('hunter2\n600\n600\n');
    expect(JSON.stringify(run.events)).not.toContain('hunter2');
    expect(run.calls.map(({ script }) => script).join('\n')).not.toContain('hunter2');
  });

  it('takes away what it has no longer, also from a host that it is no longer for', async () => {
    const more = '      - directory: { path: /srv/more }\n';
    const first = await inventory({ 'a.yaml': app(rack + more) });
    using run = testRun({ pki }, first);
    for (const host of ['h1', 'h2']) run.host(host).program('systemctl', ':');
    await apply(run, own(first));
    const second = await inventory({ 'a.yaml': app(rack) });
    run.context.changing.clear();
    await runStages(own(second), { ...run.context, inventory: second, mode: 'plan' });
    expect(run.events.at(-2)).toMatchObject({ type: 'change', resource: 'taken-out:a.app' });
    const next = { ...run, context: { ...run.context, inventory: second } };
    expect(await apply(next, own(second))).toBe(2);
    expect(await run.host('h1').sh('ls /srv')).toBe('');
    const third = await inventory({ 'a.yaml': app(rack, '    hosts: [h1]\n') });
    const prepare = siteOf(third)[0];
    const [step] = prepare?.steps ?? [];
    const host = third.hosts[1];
    if (step?.type !== 'hosts' || host === undefined) throw new Error('no step of hosts');
    const context = { ...run.context, inventory: third };
    const gone = { ...step, resources: async () => [await goneFrom(third, context)] };
    const goneFrom = async (from: Inventory, given: typeof context) => {
      const { noLongerOwn } = await import('../../../src/playbook/stages.ts');
      return noLongerOwn(host, { ...given, inventory: from });
    };
    await runStages([{ id: 'x', title: 'x', steps: [{ ...gone, on: ({ name }) => name === 'h2' }] }], context);
    expect(existsSync(run.host('h2').path('/etc/rack'))).toBe(false);
    expect(existsSync(run.host('h1').path('/etc/rack'))).toBe(true);
  });

  it('leaves alone what a file that is not of the inventory has put there', async () => {
    const made = await inventory({});
    writeFileSync(join(folder, 'alone.yaml'), app(rack));
    using run = testRun({ pki }, made);
    await apply(run, await stagesNamed(join(folder, 'alone.yaml'), made));
    const { noLongerOwn } = await import('../../../src/playbook/stages.ts');
    const [host] = made.hosts;
    if (host === undefined) throw new Error('no host');
    const gone = await noLongerOwn(host, run.context);
    expect(await run.host('h1').sh(`( ${gone.probe.sh}\n)`)).toBe('');
    expect(await run.host('h1').sh('cat /var/lib/k8sup/alone/alone.app')).toContain('file:/etc/rack');

    // In the inventory from now on: it is adopted once, and goes with its playbook.
    const listed = await inventory({ 'alone.yaml': app(rack) });
    const later = { ...run, context: { ...run.context, inventory: listed } };
    expect(await apply(later, own(listed))).toBe(2);
    expect(await apply(later, own(listed))).toBe(0);
    const wanted = (await noLongerOwn(host, run.context)).probe.sh;
    expect(await run.host('h1').sh(`( ${wanted}\n)`)).toBe('file:/etc/rack\n');
  });
});

describe.skipIf(noFakeHost !== undefined)('a hook', () => {
  const playbook = () => ({ file: join(folder, 'a.yaml'), name: 'a', stages: [], hooks: [] });
  const hook = (where: 'controller' | 'hosts' | 'once', run: string, timeoutSeconds = 20) =>
    hookStep(playbook(), { name: 'told', place: { before: '02.test' }, where, target: {}, run, timeoutSeconds });

  it('runs on the controller in its folder, on each host, or once; never in a plan, which says that it will', async () => {
    using run = testRun();
    const hooks = [
      hook('controller', 'echo here >> log'),
      hook('hosts', 'echo on >> /srv/each'),
      hook('once', 'echo on >> /srv/once'),
    ];
    await runStages([stageOf(...hooks)], { ...run.context, mode: 'plan' });
    expect(run.events.flatMap((event) => (event.type === 'note' ? [event.text] : []))).toEqual([
      '02.test: hook told will run on the controller (at most 20 s)',
      '02.test: hook told will run on h1, h2, h3 (at most 20 s)',
      '02.test: hook told will run on h1 (at most 20 s)',
    ]);
    expect(existsSync(join(folder, 'log'))).toBe(false);
    expect(await apply(run, [stageOf(...hooks)])).toBe(0);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('here\n');
    expect(await run.host('h3').sh('cat /srv/each; ls /srv')).toBe('on\neach\n');
    expect(await run.host('h1').sh('cat /srv/once')).toBe('on\n');
  });

  it.each(['controller', 'once'] as const)(
    'that fails ends the run with its name, and its stage does nothing: %s',
    async (where) => {
      using run = testRun();
      const { error } = await runStages(
        [stageOf(hook(where, 'echo why; false\necho more'), step([thing('a')]))],
        run.context,
      );
      expect(error).toMatchObject({
        code: 'HOOK_FAILED',
        kind: 'command',
        why: expect.stringMatching(/^exit code 1\nwhy$/) as string,
      });
      expect(String(error)).toContain('the hook "told" of');
      expect(existsSync(run.host('h2').path('/srv/a'))).toBe(false);
    },
  );

  it.each(['controller', 'once'] as const)('is ended at its time, with what it started: %s', async (where) => {
    using run = testRun();
    const { error } = await runStages([stageOf(hook(where, 'sleep 50 & sleep 60', 1))], run.context);
    expect(error).toMatchObject({ code: 'HOOK_FAILED', why: expect.stringContaining('longer than 1 s') as string });
  });

  it('before a stage is seen by it', async () => {
    using run = testRun();
    expect(await apply(run, [stageOf(hook('hosts', 'echo on > /srv/a'), step([thing('a')]))])).toBe(0);
  });

  it('after a stage does not run where that failed', async () => {
    using run = testRun();
    await runStages([stageOf(step([thing('a', 'on', 'false')]), hook('hosts', 'echo on > /srv/after'))], run.context);
    expect(existsSync(run.host('h1').path('/srv/after'))).toBe(false);
  });
});

describe('a file of the user', () => {
  it('that is big is sent from the disk, never read as a whole; a small one can be shown', async () => {
    writeFileSync(join(folder, 'small'), 'text');
    writeFileSync(join(folder, 'big'), Buffer.alloc((1 << 20) + 1, 7));
    const files = ['small', 'big'].map(
      (name) => `      - file: { path: /opt/${name}, source: ${name}, owner: "games:games" }\n`,
    );
    const { playbooks, ...made } = await inventory({ 'one.yaml': app(files.join('')) });
    const stage = playbooks[0]?.stages[0];
    const [h1] = made.hosts;
    if (stage === undefined || h1 === undefined) throw new Error('no stage');
    const context = { inventory: { ...made, playbooks }, file: join(folder, 'one.yaml') };
    const [small, big] = await ownResources(stage, 'app', h1, context);
    expect(small?.apply.contents).toEqual([{ bytes: Buffer.from('text') }]);
    expect(small?.text).toBeDefined();
    expect(big?.apply.contents).toEqual([
      { length: (1 << 20) + 1, path: join(folder, 'big'), open: expect.any(Function) as unknown },
    ]);
    expect(big?.apply.script.sh).toContain('chown games:games');
  });
});
