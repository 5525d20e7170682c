import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CertificateRow } from '../../../src/engine/events.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';
import { waitUntil } from '../../support/observe.ts';

const hosts = ['h1', 'h2', 'h3'] as const;
const etcdctl =
  '/opt/k8sup/bin/etcdctl --endpoints https://10.88.0.11:2379,https://10.88.0.12:2379,https://10.88.0.13:2379 --command-timeout 5s';
const own = '--cacert /etc/etcd/pki/ca.crt --cert /root/writer/c.crt --key /root/writer/c.key';

describe.skipIf(noLab !== undefined)(`the life of certificates${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  const store = (file: string): string => readFileSync(join(lab.dir, '.k8sup/e2e-certs/pki', file), 'utf8');
  const certs = async (...args: readonly string[]) => {
    const result = await lab.k8sup('certs', 'list', lab.inventory, '-o', 'json', ...args);
    const event = result.events.find(({ type }) => type === 'certificates');
    if (event?.type !== 'certificates') throw new Error(result.stderr);
    return { code: result.exitCode, ...event };
  };
  const rotate = async (what: readonly string[], ...flags: readonly string[]) =>
    lab.k8sup('certs', ...what, lab.inventory, '-o', 'json', ...flags);
  /** An apply finds nothing to do; gives what it warns of. */
  const unchanged = async () => {
    const result = await lab.k8sup('apply', lab.inventory, '-o', 'json');
    expect(good(result)).toMatchObject({ changed: 0, restarted: 0 });
    // Those of a host are of the lab's.
    return result.events.flatMap((event) => (event.type === 'warning' && event.host === undefined ? [event.text] : []));
  };

  beforeAll(async () => {
    lab = await bootLab('e2e-certs', hosts.length, 'newest');
    lab.edit(({ cluster }) => Object.assign(cluster, { name: 'e2e-certs' }));
    good(await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify'));
    await lab.kubectlWithInput(podClient, 'apply', '-f', '-');
    await lab.kubectl('rollout', 'status', 'deployment/client', '--timeout=120s');
    // Its own copy: what is replaced in two files on the host is no pair for a moment.
    await lab.ssh(
      'h2',
      `mkdir -p /root/writer; cp /etc/etcd/pki/healthcheck-client.crt /root/writer/c.crt; cp /etc/etcd/pki/healthcheck-client.key /root/writer/c.key`,
    );
  });
  afterAll(() => lab.down());

  test('certs shows each of them as it is, and its exit code tells of those that end', async () => {
    const { code, certificates } = await certs();
    expect(code).toBe(0);
    expect(certificates.filter(({ use }) => use !== 'in use')).toEqual([]);
    expect(
      certificates
        .filter(({ where }) => where === 'h2')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'etcd-ca',
      'etcd-healthcheck-client',
      'etcd-peer',
      'etcd-server',
      'flannel',
      'kube-proxy',
      'kubelet-client',
      'kubelet-server',
      'kubernetes-ca',
    ]);
    expect((await certs('--below', '400')).code).toBe(25);
  });

  test('certs renew --all: every leaf is another one and in use, and no write to etcd failed', async () => {
    const before = serials((await certs()).certificates);
    const stop = await writer(lab);
    good(await lab.k8sup('certs', 'renew', '--all', '-i', lab.inventory, '-o', 'json'));
    expect(await stop()).toEqual({ failed: '', some: true });
    const { certificates } = await certs();
    expect(certificates.filter(({ use }) => use !== 'in use')).toEqual([]);
    const after = serials(certificates);
    const same = [...before].filter(([key, serial]) => after.get(key) === serial).map(([key]) => key);
    expect(same.filter((key) => !/-ca\b/.test(key))).toEqual([]);
    await unchanged();
  });

  test('certs renew of one kind and host leaves the others alone', async () => {
    const before = serials((await certs()).certificates);
    good(await lab.k8sup('certs', 'renew', 'etcd-peer', '--hosts', 'h2', '-i', lab.inventory, '-o', 'json'));
    const after = serials((await certs()).certificates);
    expect([...before].filter(([key, serial]) => after.get(key) !== serial).map(([key]) => key)).toEqual([
      'h2 etcd-peer',
    ]);
  });

  test('rotate-ca etcd, step by step: writes go on, an apply between keeps the step, and the old authority is refused at the end', async () => {
    await lab.ssh(
      'h2',
      `cp /etc/etcd/pki/healthcheck-client.crt /root/writer/c.crt; cp /etc/etcd/pki/healthcheck-client.key /root/writer/c.key`,
    );
    const before = store('etcd-ca.pem');
    const stop = await writer(lab);
    good(await rotate(['rotate-ca', 'etcd'], '--step'));
    expect(await unchanged()).toEqual([
      expect.stringMatching(/^etcd-ca is being exchanged, step 1 of 3.*k8sup certs rotate-ca etcd$/),
    ]);
    expect((await certs()).rotations).toEqual({ 'etcd-ca': 'trust' });
    good(await rotate(['rotate-ca', 'etcd'], '--step'));
    await unchanged();
    expect((await certs()).rotations).toEqual({ 'etcd-ca': 'issue' });
    expect(await stop()).toEqual({ failed: '', some: true });
    await lab.ssh('h2', `${etcdctl} ${own} put /k8sup-test/writer again`);
    good(await rotate(['rotate-ca', 'etcd'], '--step'));
    expect((await certs()).rotations).toEqual({});
    expect(store('etcd-ca.pem')).not.toBe(before);
    expect(await lab.ssh('h2', `${etcdctl} ${own} put /k8sup-test/writer x 2>&1 && echo let || true`)).not.toMatch(
      /let$/,
    );
    expect(await lab.ssh('h2', 'cat /etc/etcd/pki/ca.crt')).toBe(store('etcd-ca.pem').trimEnd());
    await unchanged();
  });

  test('rotate-ca kubernetes: stops for pods that hold the old one, goes on behind them; a client in a pod meets no other fault than the restarts of the one apiserver', async () => {
    const [cert, key] = [store('admin.pem'), store('admin-key.pem')];
    // Earlier tests have restarted the apiserver too.
    await lab.ssh('h1', 'rm -f /root/client/failed /root/client/done');
    const down = await serviceWatch(lab);
    const held = await rotate(['rotate-ca', 'kubernetes']);
    expect(held.exitCode).toBe(21);
    expect(held.stderr + held.stdout).toMatch(/PODS_HOLD_OLD/);
    expect(held.stdout).toMatch(/default\/client-/);
    good(await rotate(['rotate-ca', 'kubernetes'], '--restart-pods'));
    const gaps = await down();
    const failures = (await lab.ssh('h1', 'cat /root/client/failed 2>/dev/null || true'))
      .split('\n')
      .filter((line) => line !== '');
    const apart = failures.filter((line) => !gaps.some((gap) => Math.abs(gap - Number(line.split(' ')[0])) <= 8));
    expect(apart).toEqual([]);
    // Three restarts, each a minute at most.
    expect(new Set(gaps).size).toBeLessThan(180);
    expect(Number(await lab.ssh('h1', 'wc -l < /root/client/done'))).toBeGreaterThan(20);
    await lab.ssh('h1', `umask 077; cat > /root/old.crt <<'EOF'\n${cert}EOF\ncat > /root/old.key <<'EOF'\n${key}EOF\n`);
    const asOld = `curl -s -o /dev/null -w '%{http_code}' --cacert /etc/kubernetes/pki/ca.crt --cert /root/old.crt --key /root/old.key https://10.88.0.11:6443/api`;
    expect(await lab.ssh('h1', asOld)).toBe('401');
    const bundles = await lab.kubectl('get', 'configmap', 'kube-root-ca.crt', '-o', "jsonpath={.data['ca\\.crt']}");
    expect(bundles.trim()).toBe(store('kubernetes-ca.pem').trim());
    const { certificates } = await certs();
    expect(certificates.filter(({ use }) => use !== 'in use')).toEqual([]);
    await unchanged();
  });

  test('rotate-ca front-proxy', async () => {
    const before = store('front-proxy-ca.pem');
    good(await rotate(['rotate-ca', 'front-proxy']));
    expect(store('front-proxy-ca.pem')).not.toBe(before);
    await waitUntil(async () => {
      const config = await lab.kubectl(
        '-n',
        'kube-system',
        'get',
        'configmap',
        'extension-apiserver-authentication',
        '-o',
        'json',
      );
      return config.includes(JSON.stringify(store('front-proxy-ca.pem')).slice(1, -1));
    }, 60);
  });

  test('rotate-sa-key: tokens of the old key are refused at the end, pods go on', async () => {
    const old = (await lab.kubectl('create', 'token', 'default')).trim();
    const review = (token: string) =>
      lab.kubectlWithInput(
        JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }),
        ...['create', '-f', '-', '-o', 'jsonpath={.status.authenticated}'],
      );
    expect(await review(old)).toBe('true');
    good(await rotate(['rotate-sa-key'], '--restart-pods'));
    expect(await review(old)).not.toBe('true');
    expect(await review((await lab.kubectl('create', 'token', 'default')).trim())).toBe('true');
    await unchanged();
  });

  test('user create, list, revoke: a kubeconfig that does what bindings give, until they are withdrawn', async () => {
    const out = join(lab.dir, 'ann.kubeconfig');
    const user = async (...args: readonly string[]) => lab.k8sup('user', ...args);
    const made = await user('create', 'ann', '--group', 'readers', '--ttl', '1h', '--out', out, '-i', lab.inventory);
    expect(made.exitCode, made.stderr).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    await lab.ssh('h1', `umask 077; cat > /root/ann <<'EOF'\n${readFileSync(out, 'utf8')}EOF\n`);
    const asAnn = async (what: string): Promise<string> =>
      lab.ssh('h1', `/opt/k8sup/bin/kubectl --kubeconfig /root/ann ${what} 2>&1 || true`);
    expect(await asAnn('auth whoami')).toMatch(/ann[\s\S]*readers/);
    expect(await asAnn('get pods -A')).toMatch(/forbidden/);
    await lab.kubectl('create', 'clusterrolebinding', 'ann', '--clusterrole=view', '--user=ann');
    await lab.kubectl('create', 'clusterrolebinding', 'readers', '--clusterrole=view', '--group=readers');
    expect(await asAnn('get pods -A')).toMatch(/coredns/);
    expect((await user('list', lab.inventory)).stdout).toMatch(/^ann +readers +5\d min /m);
    const again = await user('create', 'ann', '--out', out, '-i', lab.inventory);
    expect([again.exitCode, again.stderr]).toEqual([64, expect.stringContaining('FILE_EXISTS')]);
    const revoked = await user('revoke', 'ann', '--yes', '-i', lab.inventory, '-o', 'plain');
    expect(revoked.stdout).toMatch(/ann leaves ClusterRoleBinding ann \(view\)/);
    expect(revoked.stdout).toMatch(/cannot revoke a certificate: until 20/);
    expect(revoked.stdout).toMatch(/by its groups it keeps.*ClusterRoleBinding readers \(view\)/);
    await lab.kubectl('delete', 'clusterrolebinding', 'readers');
    expect(await asAnn('get pods -A')).toMatch(/forbidden/);
    expect(await lab.kubectl('get', 'csr', '-o', 'name')).not.toMatch(/k8sup-user/);
  });

  test('rotate-encryption-key: every Secret is written with the new one, and is still read', async () => {
    await lab.kubectl('create', 'secret', 'generic', 'kept', '--from-literal=word=value');
    const admin =
      '--cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key';
    const prefix = async (): Promise<string> =>
      lab.ssh('h1', `${etcdctl} ${admin} get /registry/secrets/default/kept --print-value-only | head -c 34`);
    const before = await prefix();
    expect(before).toMatch(/^k8s:enc:secretbox:v1:key-[0-9a-f]{8}:/);
    good(await rotate(['rotate-encryption-key']));
    const after = await prefix();
    expect(after).toMatch(/^k8s:enc:secretbox:v1:key-[0-9a-f]{8}:/);
    expect(after).not.toBe(before);
    expect(await lab.ssh('h1', 'grep -c "name: key-" /etc/kubernetes/encryption.yaml')).toBe('1');
    expect(await lab.kubectl('get', 'secret', 'kept', '-o', 'jsonpath={.data.word}')).toBe('dmFsdWU=');
    await unchanged();
  });
});

function serials(rows: readonly CertificateRow[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ where, name, serial }) => [`${where} ${name}`, serial]));
}

/** Writes to etcd without a pause, in a process of the host's own. */
async function writer(lab: LabHandle): Promise<() => Promise<{ readonly failed: string; readonly some: boolean }>> {
  await lab.ssh(
    'h2',
    `cd /root/writer; rm -f stop failed count
cat > loop <<'EOF'
n=0
while [ ! -e /root/writer/stop ]; do
  n=$((n+1))
  ${etcdctl} ${own} put /k8sup-test/writer "$n" >/root/writer/said 2>&1 || { echo "$n $(cat /root/writer/said)" >> /root/writer/failed; }
done
echo "$n" > /root/writer/count
EOF
setsid sh loop >/dev/null 2>&1 &`,
  );
  return async () => {
    await lab.ssh(
      'h2',
      'touch /root/writer/stop; i=0; until [ -e /root/writer/count ]; do i=$((i+1)); [ $i -lt 200 ] || exit 1; sleep 0.1; done',
    );
    const failed = await lab.ssh('h2', 'cat /root/writer/failed 2>/dev/null || true');
    return { failed, some: Number(await lab.ssh('h2', 'cat /root/writer/count')) > 10 };
  };
}

/**
 * Seconds of the clock in which nobody on the client's node reached the apiserver by its Service, whoever signed its certificate: an apiserver that ends
 * leaves the Service first, and is back in it when the node's kube-proxy has found it again.
 */
async function serviceWatch(lab: LabHandle): Promise<() => Promise<readonly number[]>> {
  await lab.ssh(
    'h1',
    `mkdir -p /root/watch; cd /root/watch; rm -f stop over down
cat > loop <<'EOF'
while [ ! -e /root/watch/stop ]; do
  curl -fks --max-time 2 -o /dev/null https://10.96.0.1/readyz || date +%s >> /root/watch/down
  sleep 0.2
done
touch /root/watch/over
EOF
setsid sh loop >/dev/null 2>&1 &`,
  );
  return async () => {
    const said = await lab.ssh(
      'h1',
      'touch /root/watch/stop; i=0; until [ -e /root/watch/over ]; do i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done; cat /root/watch/down 2>/dev/null || true',
    );
    return said
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  };
}

/** Asks the apiserver again and again as programs in pods do: by the service account that the pod was given. */
const podClient = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'client' },
  spec: {
    selector: { matchLabels: { app: 'client' } },
    strategy: { type: 'Recreate' },
    template: {
      metadata: { labels: { app: 'client' } },
      spec: {
        // The host that has kubectl.
        nodeName: 'h1',
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'client',
            image: 'k8sup.lab/busybox:1',
            command: [
              'sh',
              '-c',
              'account=/var/run/secrets/kubernetes.io/serviceaccount; while :; do if said=$(/programs/kubectl --server https://$KUBERNETES_SERVICE_HOST --certificate-authority $account/ca.crt --token $(cat $account/token) --request-timeout 5s get --raw /version 2>&1); then date +%s >> /client/done; else echo "$(date +%s) $said" >> /client/failed; fi; sleep 0.5; done',
            ],
            volumeMounts: [
              { name: 'programs', mountPath: '/programs' },
              { name: 'client', mountPath: '/client' },
            ],
          },
        ],
        volumes: [
          { name: 'programs', hostPath: { path: '/opt/k8sup/bin' } },
          { name: 'client', hostPath: { path: '/root/client', type: 'DirectoryOrCreate' } },
        ],
      },
    },
  },
});
