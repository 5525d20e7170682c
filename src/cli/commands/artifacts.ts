import { artifactIds, fetchAll, listArtifacts, openArtifacts } from '../../artifacts/index.ts';
import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { table } from '../../report/index.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** `k8sup artifacts list`. */
export async function listCommand(
  request: { readonly inventory: string; readonly json: boolean },
  io: Io,
): Promise<number> {
  const inventory = await loadInventory(request.inventory, networkPlugins);
  const rows = await listArtifacts(artifactIds(inventory, architecture), inventory.cluster.artifacts);
  if (request.json) rows.forEach((row) => say(io, JSON.stringify(row)));
  else
    say(
      io,
      table(
        [
          ['COMPONENT', 'VERSION', 'FILE', 'CACHED', 'SOURCE'],
          ...rows.map((row) => [
            row.component,
            row.version,
            row.file,
            row.sha256 === undefined ? 'no' : 'yes',
            row.source ?? row.url ?? '',
          ]),
        ],
        { columns: io.out.columns ?? 140 },
      ),
    );
  return 0;
}

/** `k8sup artifacts fetch`. */
export async function fetchCommand(file: string, io: Io): Promise<number> {
  const inventory = await loadInventory(file, networkPlugins);
  const progress = (text: string): void => void io.err.write(`${text}\n`);
  using interrupt = listenForInterrupt(progress);
  const artifacts = openArtifacts(inventory.cluster.artifacts, { progress });
  const fetched = await fetchAll(artifacts, artifactIds(inventory, architecture), interrupt.stop);
  say(io, `${fetched.length} files are in the cache`);
  return 0;
}
