import { readFile } from 'node:fs/promises';
import { openArtifacts } from '../artifacts/index.ts';
import type { MakeDiff } from '../engine/announce.ts';
import type { RunContext } from '../engine/run-context.ts';
import type { StageContext } from '../engine/stage.ts';
import { hostsWith } from '../inventory/model.ts';
import { clusterObjects, kubeRunner, liveNodes, plannedNodes } from '../kube/index.ts';
import { openClusterPki } from '../pki/index.ts';
import { unifiedDiff } from '../report/index.ts';
import { refuseForeignHosts } from './own-hosts.ts';
import type { Run } from './run.ts';
import type { Session } from './session.ts';

/**
 * Puts the real parts together: this is the only place that knows them all. An apply makes what the store lacks.
 *
 * @throws K8supError of {@link refuseForeignHosts} before that.
 */
export async function makeContext(run: Run, session: Session, mode: 'plan' | 'apply'): Promise<RunContext> {
  const { inventory, signal, emit } = run;
  await refuseForeignHosts(run, session);
  const pki =
    (await run.earlyPki) ??
    (await openClusterPki(run.paths.pki, inventory, { dryRun: mode === 'plan', key: run.storeKey }));
  const artifacts = openArtifacts(inventory.cluster.artifacts, {
    progress: (text) => emit({ type: 'progress', stage: 'artifacts', host: '', text }),
  });
  const masters = hostsWith(inventory, 'master').map((host) => ({ host, executor: session.connection(host) }));
  const kube = kubeRunner(inventory, masters, () => pki.adminKubeconfig(), signal);
  const stage: StageContext = {
    inventory,
    facts: (host) => session.facts(host),
    unreachable: new Set(session.unreachable.keys()),
    nodes: () => (mode === 'plan' ? plannedNodes(kube) : liveNodes(kube)),
    pki,
    artifacts,
    registryPasswords: await readPasswords(run),
    networkSecrets: await readSecrets(run.inventory.cluster.network.secretFiles),
    signal,
  };
  return {
    ...stage,
    mode,
    hosts: run.hosts,
    executor: (host) => session.connection(host),
    kube,
    cluster: clusterObjects(kube),
    emit,
    stop: run.stop,
    concurrency: run.flags.concurrency,
    holder: run.holder,
    showDiff: diffMaker(run, mode),
    failed: new Map(),
    counts: run.numbers.counts,
    changing: new Map(),
  };
}

/** The journal of a run keeps the differences of texts that it changes even where nobody asks to see them; those that it makes are on the hosts. */
function diffMaker({ flags }: Run, mode: 'plan' | 'apply'): MakeDiff | undefined {
  if (flags.diff === true) return unifiedDiff;
  if (mode === 'plan') return undefined;
  return (path, before, after) => (before === '' ? undefined : unifiedDiff(path, before, after));
}

function readPasswords(run: Run): Promise<ReadonlyMap<string, string>> {
  const { credentials } = run.inventory.cluster.runtime;
  return readSecrets(Object.fromEntries(credentials.map(({ registry, passwordFile }) => [registry, passwordFile])));
}

/** One file for each secret, holding it alone; a newline at its end is an editor's, not the secret's. */
async function readSecrets(files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const read = Object.entries(files).map(
    async ([name, file]) => [name, (await readFile(file, 'utf8')).replace(/\r?\n$/, '')] as const,
  );
  return new Map(await Promise.all(read));
}
