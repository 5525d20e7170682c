import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { UnitExplanation } from '../../../src/engine/events.ts';
import type { PlanDocument } from '../../../src/engine/plan-document.ts';
import { bootLab, changesOf, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';
import { mainPids } from '../../support/observe.ts';

const hosts = ['h1', 'h2'] as const;
const units = [
  'etcd',
  'containerd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'flanneld',
];
const schema = z.fromJSONSchema(
  JSON.parse(
    readFileSync(new URL('../../../src/engine/plan.schema.json', import.meta.url), 'utf8'),
  ) as z.core.JSONSchema.JSONSchema,
);

/** Another etcdutl, whose record says that it has the hash of before. */
const forgedBinary = `f=/opt/k8sup/bin/etcdutl h=/var/lib/k8sup/hashes
hash=$(awk -v f=$f '$1 == f { print $NF }' $h)
printf X | dd of=$f bs=1 seek=4096 conv=notrunc status=none
{ grep -vF "$f " $h; echo "$(TZ=UTC0 stat -c '%n %i %s %y %z' $f) $hash"; } > $h.new; mv $h.new $h`;

describe.skipIf(noLab !== undefined)(`plans on a real cluster${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  const json = (command: string, ...flags: readonly string[]) =>
    lab.k8sup(command, lab.inventory, '-o', 'json', ...flags);
  const file = () => join(lab.dir, 'night.plan');
  const restartsOf = (plan: PlanDocument): readonly string[] =>
    plan.restarts
      .filter(({ unit }) => unit)
      .flatMap((one) => one.hosts.map((host) => `${host} ${one.resource.slice('service:'.length)}`))
      .sort();

  beforeAll(async () => {
    lab = await bootLab('e2e-plan', 2, 'newest');
  });
  afterAll(() => lab.down());

  test('a plan of nothing yet is kept in a file, for its owner alone and without secrets', async () => {
    const result = await json('plan', '--out', file(), '--detailed-exitcode');
    expect(result.exitCode).toBe(2);
    const plan = planOf(result);
    expect(schema.parse(plan)).toEqual(plan);
    expect(plan.later.map(({ step }) => step)).toContain('rights');
    expect(plan.later.every(({ reason }) => reason !== '')).toBe(true);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readFileSync(file(), 'utf8')).not.toMatch(/PRIVATE KEY|CERTIFICATE|LS0tLS1/);
  });

  test('apply --plan does what was shown, and no more', async () => {
    const shown = JSON.parse(readFileSync(file(), 'utf8')) as { changes: Place[]; later: Place[] };
    const result = await json('apply', '--plan', file(), '--no-verify');
    expect(good(result)).toMatchObject({ ok: true, failed: 0 });
    const key = ({ stage, step, host, resource }: Place): string => [stage, step, host, resource].join(' ');
    const known = new Set(shown.changes.map(key));
    const later = new Set(shown.later.map(({ stage, step, host }) => [stage, step, host].join(' ')));
    const surprises = result.events.flatMap((event) =>
      event.type === 'change' && !known.has(key(event)) && !later.has([event.stage, event.step, event.host].join(' '))
        ? [key(event)]
        : [],
    );
    expect(surprises).toEqual([]);
  });

  test('the same file is out of date afterwards', async () => {
    expect(await stale()).toContain('has been begun since');
  });

  test('after it there is nothing to plan and no drift, also where binaries are hashed again', async () => {
    expect((await json('plan', '--detailed-exitcode')).exitCode).toBe(0);
    const drift = await json('drift');
    expect([drift.exitCode, changesOf(drift)]).toEqual([0, []]);
  });

  test('explain gives just the arguments of each running process, and where each comes from', async () => {
    for (const unit of units) {
      const told = await lab.k8sup('explain', unit, lab.inventory, '--host', 'h1', '--json');
      const explanation = told.stdout
        .split('\n')
        .filter((line) => line.includes('"explanation"'))
        .map((line) => (JSON.parse(line) as { explanation: UnitExplanation }).explanation)[0];
      expect(told.exitCode, told.stderr).toBe(0);
      const running = await lab.ssh(
        'h1',
        `tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value ${unit})/cmdline`,
      );
      const flags = explanation?.flags.map(({ name, value }) => `--${name}=${value}`) ?? [];
      expect(flags, unit).toEqual(running.trim().split('\n').slice(1));
      expect(explanation?.flags.every(({ because }) => because !== '')).toBe(true);
      expect(explanation?.differs).toEqual([]);
    }
    const told = await lab.k8sup('explain', 'kubelt', lab.inventory, '--host', 'h1');
    expect(told.stderr).toContain('did you mean kubelet.service?');
  });

  let plan: PlanDocument;
  test('a plan shows what an edit does: files, flags, certificates, objects, restarts and what these interrupt', async () => {
    lab.edit(({ cluster }) => {
      cluster['kubelet'] = { ...cluster['kubelet'], maxPods: 99, extraArgs: { v: 3 } };
      cluster['apiserver'] = { ...cluster['apiserver'], extraSANs: ['api.example.org'] };
      cluster['coredns'] = { ...cluster['coredns'], replicas: 1 };
    });
    const result = await json('plan', '--diff', '--out', file());
    good(result);
    plan = planOf(result);
    expect(schema.parse(plan)).toEqual(plan);
    const diff = (resource: string): string => plan.changes.find((one) => one.resource === resource)?.diff ?? '';
    expect(diff('file:/etc/kubernetes/kubelet.yaml')).toMatch(/^-maxPods: 110\n\+maxPods: 99$/m);
    expect(lines(diff('file:/etc/systemd/system/kubelet.service'))).toEqual(['+  --v=3']);
    const certificate = lines(diff('file:/etc/kubernetes/pki/apiserver.crt'));
    expect(certificate).toContain('+Name: DNS api.example.org');
    expect(certificate.join('\n')).toMatch(
      /^-Key: EC prime256v1 \([0-9a-f]{12}\)\n[\s\S]*^\+Key: EC prime256v1, made by apply$/m,
    );
    expect(lines(diff('Deployment kube-system/coredns'))).toEqual(['-  replicas: 2', '+  replicas: 1']);
    expect(result.stdout).not.toMatch(/BEGIN [A-Z ]*PRIVATE|LS0tLS1CRUdJTiB/);
    expect(restartsOf(plan)).toEqual(['h1 kubelet.service', 'h2 kubelet.service']);
    expect(plan.restarts[0]?.interrupts).toMatch(/^pods keep running/);
    const text = await lab.k8sup('plan', lab.inventory, '-o', 'plain');
    expect(text.stdout).toMatch(
      /What restarts, and what that interrupts:\n {2}service:kubelet\.service {2}on h1, h2:\n {4}pods keep running/,
    );
  });

  test('its file is refused, before anything is done, when a host, an object or the inventory is another by then', async () => {
    // A setting that no CNI plugin writes when a pod begins, as they do with forwarding.
    await lab.ssh('h2', 'sysctl -qw net.ipv4.conf.all.rp_filter=0; echo "# mine" >> /etc/kubernetes/kubelet.yaml');
    await lab.kubectl('-n', 'kube-system', 'scale', 'deployment/coredns', '--replicas=3');
    const said = await stale();
    expect(said).toMatch(/^h2: sysctl:net\.ipv4\.conf\.all\.rp_filter: now value: 0 -> 2$/m);
    expect(said).toMatch(/^h2: file:\/etc\/kubernetes\/kubelet\.yaml: now content: /m);
    expect(said).toMatch(/^cluster: Deployment kube-system\/coredns: now spec\.replicas: 3 -> 1$/m);
    expect(said).not.toContain('h1:');
    expect(await lab.ssh('h2', 'cat /proc/sys/net/ipv4/conf/all/rp_filter')).toBe('0');
    await lab.ssh('h2', "sysctl -qw net.ipv4.conf.all.rp_filter=2; sed -i '$d' /etc/kubernetes/kubelet.yaml");
    await lab.kubectl('-n', 'kube-system', 'scale', 'deployment/coredns', '--replicas=2');
    lab.edit(({ cluster }) => void (cluster['kubelet'] = { ...cluster['kubelet'], maxPods: 98 }));
    expect(await stale()).toContain('the inventory has been edited since');
    lab.edit(({ cluster }) => void (cluster['kubelet'] = { ...cluster['kubelet'], maxPods: 99 }));
  });

  test('apply --plan then restarts just the units that it named', async () => {
    const before = await mainPids(lab, hosts);
    const result = await json('apply', '--plan', file(), '--no-verify');
    expect(good(result)).toMatchObject({ restarted: restartsOf(plan).length });
    expect([...changesOf(result)].sort()).toEqual(
      plan.changes.map(({ host, resource }) => `${host} ${resource}`).sort(),
    );
    const after = await mainPids(lab, hosts);
    expect(restarted(before, after)).toEqual(restartsOf(plan));
  });

  test('drift tells what was changed by hand from what the inventory has come to want, and whose it is', async () => {
    await lab.ssh(
      'h2',
      'echo "# mine" >> /etc/systemd/system/kube-proxy.service; sysctl -qw net.ipv4.conf.all.rp_filter=0',
    );
    await lab.ssh('h1', forgedBinary);
    lab.edit(({ cluster }) => void (cluster['kubelet'] = { ...cluster['kubelet'], maxPods: 97 }));
    expect(changesOf(await json('plan', '--to', 'etcd'))).toEqual(['h2 sysctl:net.ipv4.conf.all.rp_filter']);
    const result = await json('drift');
    expect(result.exitCode).toBe(2);
    const told = result.events.flatMap((event) =>
      event.type === 'change' ? [`${event.host} ${event.stage} ${event.resource}: ${event.cause ?? 'cluster'}`] : [],
    );
    expect(told.sort()).toEqual([
      'h1 02.etcd binary:/opt/k8sup/bin/etcdutl: host',
      'h1 05.kube-node file:/etc/kubernetes/kubelet.yaml: inventory',
      'h1 05.kube-node service:kubelet.service: inventory',
      'h2 01.prepare sysctl:net.ipv4.conf.all.rp_filter: host',
      'h2 05.kube-node file:/etc/kubernetes/kubelet.yaml: inventory',
      'h2 05.kube-node file:/etc/systemd/system/kube-proxy.service: host',
      'h2 05.kube-node service:kube-proxy.service: host',
      'h2 05.kube-node service:kubelet.service: inventory',
    ]);
    expect(changesOf(await json('drift', '--limit', 'h2')).every((one) => one.startsWith('h2'))).toBe(true);
  });

  test('a part of the stages is planned and applied alone', async () => {
    const some = await json('plan', '--from', 'prepare', '--to', '05.kube-node', '--skip', 'kube-node');
    expect(planOf(some)).toMatchObject({ stages: ['01.prepare', '02.etcd', '03.runtime', '04.kube-master'] });
    const applied = await json('apply', '--to', '01.prepare');
    good(applied);
    expect(changesOf(applied)).toEqual(['h2 sysctl:net.ipv4.conf.all.rp_filter']);
    expect(applied.events.some(({ type }) => type === 'check')).toBe(false);
    good(await json('apply', '--no-verify'));
  });

  async function stale(): Promise<string> {
    const result = await json('apply', '--plan', file(), '--no-verify');
    const error = result.events.flatMap((event) => (event.type === 'error' ? [event.error] : []))[0];
    expect([result.exitCode, error?.code, changesOf(result)]).toEqual([24, 'PLAN_STALE', []]);
    return error?.why ?? '';
  }
});

interface Place {
  readonly stage: string;
  readonly step: string;
  readonly host: string;
  readonly resource: string;
}

function planOf(result: K8supRun): PlanDocument {
  const found = result.events.flatMap((event) => (event.type === 'plan' ? [event.plan] : []))[0];
  if (found === undefined) throw new Error(`no plan in:\n${result.stdout}${result.stderr}`);
  return found;
}

/** Units whose process is another one. */
function restarted(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...after]
    .filter(([unit, process]) => before.get(unit) !== process)
    .map(([unit]) => unit)
    .sort();
}

/** Lines of a diff that differ. */
function lines(diff: string): readonly string[] {
  return diff.split('\n').filter((line) => /^[+-](?![+-]{2})/.test(line));
}
