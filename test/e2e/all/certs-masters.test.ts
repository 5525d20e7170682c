import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';

const endpoint = '10.88.0.1:6443';
const hosts = ['h1', 'h2', 'h3'] as const;

/**
 * Two clients write through a load balancer that asks each master whether it is ready, as those in front of real clusters do:
 *
 * - kubectl, a process and a connection for each write: it may never fail, with nothing tried again but what kubectl itself does;
 * - a program that keeps its connection: when a server closes that, a request may just be on its way, and nobody but the client can know that it is safe
 *   to send it again. So it sends again what was reset, refused or answered with Retry-After, no more than once for a restart; nothing else may happen.
 *
 * Both get a new kubeconfig between the steps, as the administrator hands them out.
 */
describe.skipIf(noLab !== undefined)(
  `certificates of three masters behind one endpoint${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let relay: ChildProcess;

    beforeAll(async () => {
      lab = await bootLab('e2e-certs-masters', hosts.length, 'newest');
      lab.edit((inventory) => {
        inventory.cluster['controlPlaneEndpoint'] = endpoint as never;
        for (const host of inventory.hosts) host.roles = ['etcd', 'master', 'node'];
      });
      relay = inNamespace(lab, 'relay.mjs', endpoint, '10.88.0.11:6443', '10.88.0.12:6443', '10.88.0.13:6443');
      await firstWords(relay);
      good(await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify'));
    });
    afterAll(async () => {
      relay.kill('SIGTERM');
      await lab.down();
    });

    /** Runs k8sup while both clients write; one apiserver at most may be down at any time. */
    const whileWriting = async (...runs: readonly (readonly string[])[]): Promise<void> => {
      await handOut(lab);
      const stop = await writers(lab);
      const begun = Date.now();
      for (const args of runs) {
        good(await lab.k8sup('certs', ...args, '-o', 'json'));
        await handOut(lab);
      }
      const { kubectl, kept } = await stop();
      expect(kubectl).toEqual({ failed: '', some: true });
      expect(kept).toMatchObject({ failed: [] });
      expect(kept.written).toBeGreaterThan(100);
      const gaps = await apiserverGaps(lab, begun);
      expect(gaps.filter(({ from }, index) => from < (gaps[index - 1]?.to ?? 0))).toEqual([]);
      expect(kept.retried.length, kept.retried.join('\n')).toBeLessThanOrEqual(gaps.length);
      const result = await lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify');
      expect(good(result)).toMatchObject({ changed: 0, restarted: 0 });
    };

    test('certs renew --all', async () => {
      await whileWriting(['renew', '--all', '-i', lab.inventory]);
    });

    test('rotate-ca kubernetes, in three steps', async () => {
      const step = ['rotate-ca', 'kubernetes', lab.inventory, '--step'];
      await whileWriting(step, step, step);
    });

    test('rotate-sa-key', async () => {
      await whileWriting(['rotate-sa-key', lab.inventory, '--restart-pods']);
    });
  },
);

const kubeconfig = (lab: LabHandle): string => join(lab.dir, 'writer.kubeconfig');

/** Gives both clients the administrator's kubeconfig of now, replaced as a whole. */
async function handOut(lab: LabHandle): Promise<void> {
  const { stdout, exitCode, stderr } = await lab.k8sup('kubeconfig', lab.inventory);
  expect(exitCode, stderr).toBe(0);
  writeFileSync(`${kubeconfig(lab)}.new`, stdout, { mode: 0o600 });
  renameSync(`${kubeconfig(lab)}.new`, kubeconfig(lab));
  await lab.ssh(
    'h3',
    `umask 077; mkdir -p /root/writer; cat > /root/writer/new <<'EOF'\n${stdout}\nEOF\nmv /root/writer/new /root/writer/kubeconfig`,
  );
}

interface Written {
  readonly written: number;
  readonly retried: readonly string[];
  readonly failed: readonly string[];
}

/** Starts both clients; gives what ends them and tells how they fared. */
async function writers(lab: LabHandle) {
  const program = inNamespace(lab, 'api-writer.mjs', kubeconfig(lab));
  const ended = lastWords(program);
  await firstWords(program);
  await lab.ssh(
    'h3',
    `cd /root/writer; rm -f stop failed count
cat > loop <<'EOF'
kubectl="/opt/k8sup/bin/kubectl --kubeconfig /root/writer/kubeconfig"
n=0
while [ ! -e stop ]; do
  n=$((n+1))
  said=$($kubectl create configmap kubectl-writer --from-literal=count=$n --dry-run=client -o yaml | $kubectl apply -f - 2>&1 >/dev/null) || echo "$(date -u +%FT%T) $said" >> failed
  sleep 0.2
done
echo "$n" > count
EOF
setsid sh loop >/dev/null 2>&1 &`,
  );
  return async () => {
    await lab.ssh(
      'h3',
      'cd /root/writer; touch stop; i=0; until [ -e count ]; do i=$((i+1)); [ $i -lt 300 ] || exit 1; sleep 0.1; done',
    );
    program.stdin?.end();
    const failed = await lab.ssh('h3', 'cat /root/writer/failed 2>/dev/null || true');
    const some = Number(await lab.ssh('h3', 'cat /root/writer/count')) > 10;
    return { kubectl: { failed, some }, kept: JSON.parse(await ended) as Written };
  };
}

interface Gap {
  readonly host: string;
  readonly from: number;
  readonly to: number;
}

/** From when apiservers were told to stop until they were ready again, since a time (milliseconds since 1970); in order. */
async function apiserverGaps(lab: LabHandle, since: number): Promise<readonly Gap[]> {
  const found = await Promise.all(
    hosts.map(async (host) => {
      const journal = await lab.ssh(
        host,
        `journalctl -u kube-apiserver.service _PID=1 --since @${String(Math.floor(since / 1000))} -o short-unix --no-pager | grep -E 'Stopping|Started' || :`,
      );
      const times = journal.split('\n').flatMap((line) => (line === '' ? [] : [Number(line.split(' ')[0])]));
      return times.flatMap((from, index) =>
        index % 2 === 0 ? [{ host, from, to: times[index + 1] ?? Infinity }] : [],
      );
    }),
  );
  return found.flat().sort((a, b) => a.from - b.from);
}

/** A program of test/support that runs where the lab's router is. */
function inNamespace(lab: LabHandle, script: string, ...args: readonly string[]): ChildProcess {
  const path = new URL(`../../support/${script}`, import.meta.url).pathname;
  return spawn('nsenter', [`--net=/run/netns/k8sup-${lab.name}`, process.execPath, path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function firstWords({ stdout }: ChildProcess): Promise<void> {
  if (stdout !== null) await once(stdout, 'data');
}

/** The last line that a program prints. */
async function lastWords({ stdout }: ChildProcess): Promise<string> {
  let said = '';
  stdout?.on('data', (part: Buffer) => (said += part.toString()));
  if (stdout !== null) await once(stdout, 'end');
  return said.trimEnd().split('\n').at(-1) ?? '';
}
