import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, changesOf, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';

/** Stages with objects, a file and a setting; `image` is one that the lab's hosts have. */
const team = (image: string): string => `stages:
  - name: app
    title: the team's own
    resources:
      - file: { path: /etc/team, content: "ours\\n" }
      - sysctl: { key: net.ipv4.tcp_keepalive_time, value: 600 }
      - unit:
          name: team.service
          content: "[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n"
    objects:
      - { apiVersion: v1, kind: Namespace, metadata: { name: team } }
      - { apiVersion: v1, kind: ConfigMap, metadata: { name: greeting, namespace: team }, data: { word: hello, other: kept } }
      - { apiVersion: v1, kind: ConfigMap, metadata: { name: plain }, data: { word: hello } }
      - apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web, namespace: team }
        spec:
          replicas: 1
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - { name: web, image: "${image}", command: [sh, -c, "while :; do sleep 1; done"] }
  - name: more
    objects:
      - { apiVersion: v1, kind: ConfigMap, metadata: { name: extra, namespace: team }, data: { a: "1" } }
hooks:
  - { name: before the masters, before: 04.kube-master, where: once, run: "echo before >> /srv/hooks" }
  - { name: on the nodes, after: kube-node, roles: [node], run: "systemctl is-active kubelet; echo after >> /srv/hooks" }
  - { name: told, after: kube-node, where: controller, run: "echo told >> ./hooks" }
`;

describe.skipIf(noLab !== undefined)(
  `objects and hooks of the user's own, on a cluster${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let text = '';
    const json = (command: string, ...flags: readonly string[]): Promise<K8supRun> =>
      lab.k8sup(command, lab.inventory, '-o', 'json', ...flags);
    const write = (playbook: string): void => writeFileSync(join(lab.dir, 'team.yaml'), playbook);
    const ownChanges = (result: K8supRun): readonly string[] =>
      changesOf(result).filter((line) => line.startsWith('(cluster)'));
    const get = (...what: readonly string[]): Promise<string> => lab.kubectl('get', ...what, '--ignore-not-found');
    const errorOf = (result: K8supRun) =>
      result.events.flatMap((event) => (event.type === 'error' ? [event.error] : []))[0];

    beforeAll(async () => {
      lab = await bootLab('e2e-own-objects', 1, 'newest');
      lab.edit((inventory) => {
        text = team(String(inventory.cluster['images']?.['verify']));
        Object.assign(inventory, { playbooks: ['team.yaml'] });
      });
      write(text);
    });
    afterAll(() => lab.down());

    test('one apply makes cluster, files and objects, and runs hooks in their places; another changes nothing', async () => {
      const result = await json('apply', '--no-verify');
      good(result);
      expect(ownChanges(result)).toEqual(
        expect.arrayContaining([
          '(cluster) Namespace team',
          '(cluster) ConfigMap team/greeting',
          '(cluster) ConfigMap plain',
          '(cluster) Deployment team/web',
          '(cluster) ConfigMap team/extra',
        ]),
      );
      await lab.kubectl('-n', 'team', 'rollout', 'status', 'deployment/web', '--timeout=60s');
      expect(await lab.ssh('h1', 'cat /srv/hooks')).toBe('before\nafter');
      expect(readFileSync(join(lab.dir, 'hooks'), 'utf8')).toBe('told\n');
      expect(good(await json('apply', '--no-verify')).changed).toBe(0);
      expect((await json('drift')).exitCode).toBe(0);
    });

    test('a plan shows what an edit does to an object, with the line it is from, and changes nothing', async () => {
      write(text.replace('word: hello, other', 'word: goodbye, other').replace('replicas: 1', 'replicas: 2'));
      const plan = await json('plan', '--diff', '--from', 'team.app');
      good(plan);
      const [map, web] = plan.events.flatMap((event) => (event.type === 'change' ? [event] : []));
      expect([map?.resource, map?.owner]).toEqual(['ConfigMap team/greeting', 'playbook team.yaml:12']);
      expect(map?.diff).toMatch(/^-  word: hello\n\+  word: goodbye$/m);
      expect(web?.diff).toMatch(/^-  replicas: 1\n\+  replicas: 2$/m);
      expect(await lab.kubectl('-n', 'team', 'get', 'configmap', 'greeting', '-o', 'jsonpath={.data.word}')).toBe(
        'hello',
      );
      write(text);
    });

    test('drift names whose a thing is, and who changed it: on the host and in the cluster', async () => {
      await lab.ssh(
        'h1',
        'echo edited > /etc/team; echo 7 > /proc/sys/net/ipv4/tcp_keepalive_time; systemctl stop team',
      );
      await lab.kubectl('-n', 'team', 'patch', 'configmap', 'greeting', '--type=merge', '-p', '{"data":{"word":"x"}}');
      await lab.kubectl('-n', 'team', 'scale', 'deployment/web', '--replicas=3');
      await lab.kubectl('delete', 'configmap', 'plain');
      write(text.replace('a: "1"', 'a: "2"'));
      const result = await json('drift');
      expect(result.exitCode).toBe(2);
      const told = result.events.flatMap((event) =>
        event.type === 'change'
          ? [
              [
                event.resource,
                event.owner,
                event.cause,
                (event.writers ?? []).map(({ manager }) => manager.replace(/-.*/, '')).join(),
              ].join(' | '),
            ]
          : [],
      );
      expect(told).toEqual([
        'file:/etc/team | playbook team.yaml:5 | host | ',
        'sysctl:net.ipv4.tcp_keepalive_time | playbook team.yaml:6 | host | ',
        'unit:team.service | playbook team.yaml:7 | host | ',
        'ConfigMap team/greeting | playbook team.yaml:12 | cluster | kubectl',
        'ConfigMap plain | playbook team.yaml:13 | cluster | ',
        'Deployment team/web | playbook team.yaml:14 | cluster | kubectl',
        'ConfigMap team/extra | playbook team.yaml:28 | inventory | ',
      ]);
      const people = await lab.k8sup('drift', lab.inventory);
      expect(people.stdout).toMatch(/file:\/etc\/team {2}\(playbook team\.yaml:5, team\.app, /);
      expect(people.stdout).toMatch(/changed in the cluster by kubectl-patch \(20\d\d-/);
      write(text);
      const mended = await lab.k8sup('stage', 'team.app', lab.inventory, '-o', 'json');
      expect(good(mended).changed).toBe(6);
      expect((await json('drift')).exitCode).toBe(0);
    });

    test('an object that is taken out of the list, or moved to another stage, goes or stays', async () => {
      const moved = /( {6}- \{ apiVersion: v1, kind: ConfigMap, metadata: \{ name: greeting.*\n)/;
      const line = moved.exec(text)?.[1] ?? '';
      const uid = await get('-n', 'team', 'configmap', 'greeting', '-o', 'jsonpath={.metadata.uid}');
      write(
        text
          .replace(/ {6}- .*name: plain.*\n/, '')
          .replace(moved, '')
          .replace('hooks:', `${line}hooks:`),
      );
      const result = await json('apply', '--from', 'team.app', '--no-verify');
      good(result);
      expect(ownChanges(result)).toContain('(cluster) ConfigMap plain');
      expect(await get('configmap', 'plain', '-o', 'name')).toBe('');
      expect(await get('-n', 'team', 'configmap', 'greeting', '-o', 'jsonpath={.metadata.uid}')).toBe(uid);
      expect(good(await json('apply', '--no-verify')).changed).toBe(0);
    });

    test('a stage that is dropped as a whole goes from the cluster, and so does a playbook; the plan says so first', async () => {
      write(text.replace(/ {2}- name: more\n[\s\S]*(?=hooks:)/, ''));
      const plan = await json('plan');
      expect(ownChanges(plan)).toEqual(
        expect.arrayContaining([
          '(cluster) ConfigMap team/extra',
          '(cluster) ConfigMap kube-system/k8sup-playbook-team.more',
        ]),
      );
      expect(await get('-n', 'team', 'configmap', 'extra', '-o', 'name')).not.toBe('');
      good(await json('apply', '--no-verify'));
      expect(await get('-n', 'team', 'configmap', 'extra', '-o', 'name')).toBe('');
      expect(await get('-n', 'team', 'deployment', 'web', '-o', 'name')).not.toBe('');

      lab.edit((inventory) => Object.assign(inventory, { playbooks: [] }));
      good(await json('apply', '--no-verify'));
      expect(await get('namespace', 'team', '-o', 'name')).toBe('');
      expect(await get('-n', 'kube-system', 'configmap', 'k8sup-playbook-team.app', '-o', 'name')).toBe('');
      expect(await lab.ssh('h1', 'ls /etc/team 2>/dev/null || :')).toBe('');
      expect(good(await json('apply', '--no-verify')).changed).toBe(0);
    });

    test('what a file alone has put there stays at an apply of others, and is taken over by the inventory', async () => {
      const map = '{ apiVersion: v1, kind: ConfigMap, metadata: { name: lone, namespace: default }, data: { a: "1" } }';
      writeFileSync(join(lab.dir, 'lone.yaml'), `stages:\n  - name: one\n    objects:\n      - ${map}\n`);
      good(await lab.k8sup('stage', join(lab.dir, 'lone.yaml'), lab.inventory, '-o', 'json'));
      expect(good(await json('apply', '--no-verify')).changed).toBe(0);
      expect(await get('configmap', 'lone', '-o', 'name')).not.toBe('');
      lab.edit((inventory) => Object.assign(inventory, { playbooks: ['lone.yaml'] }));
      good(await json('apply', '--no-verify'));
      expect(good(await json('apply', '--no-verify')).changed).toBe(0);
      lab.edit((inventory) => Object.assign(inventory, { playbooks: [] }));
      good(await json('apply', '--no-verify'));
      expect(await get('configmap', 'lone', '-o', 'name')).toBe('');
      expect(await get('-n', 'kube-system', 'configmaps', '-o', 'name')).not.toMatch(/k8sup-(playbook|alone)/);
    });

    test('a hook that takes too long ends the run with its name, here and on a host', async () => {
      for (const where of ['once', 'controller']) {
        write(
          `hooks:\n  - { name: slow, before: 01.prepare, where: ${where}, run: "echo waiting; sleep 60", timeout: 2 }\n`,
        );
        lab.edit((inventory) => Object.assign(inventory, { playbooks: ['team.yaml'] }));
        const result = await lab.k8sup('stage', '01.prepare', lab.inventory, '-o', 'json');
        const error = errorOf(result);
        expect([result.exitCode === 0, error?.code, error?.why]).toEqual([
          false,
          'HOOK_FAILED',
          'it took longer than 2 s\nwaiting',
        ]);
        expect(error?.message).toContain('the hook "slow" of');
      }
    });

    test('verify names the known cause of what fails, by what pods said', async () => {
      const patch = JSON.stringify({ data: { Corefile: '.:53 {\n  loop\n  forward . 127.0.0.1\n}\n' } });
      await lab.kubectl('-n', 'kube-system', 'patch', 'configmap', 'coredns', '--type=merge', '-p', patch);
      await lab.kubectl('-n', 'kube-system', 'delete', 'pods', '-l', 'k8s-app=kube-dns');
      await lab.ssh('h1', 'sleep 15');
      const result = await json('verify');
      expect(result.exitCode).toBe(22);
      const failed = result.events.flatMap((event) => (event.type === 'check' && !event.check.ok ? [event.check] : []));
      expect(failed.map(({ name, cause }) => [name, cause])).toEqual([
        ['DNS', 'DNS_LOOP'],
        ['DNS search list', 'DNS_LOOP'],
      ]);
      expect(failed[0]?.fix).toContain('resolvConf');
    });

    test('clean takes everything off', async () => {
      write(text);
      good(await json('apply', '--no-verify'));
      good(await json('clean', '--yes'));
      expect(await lab.ssh('h1', 'ls /etc/team /etc/systemd/system/team.service 2>/dev/null || :')).toBe('');
      expect(existsSync(join(lab.dir, 'team.yaml'))).toBe(true);
    });
  },
);
