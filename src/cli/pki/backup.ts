import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { encryptFor, encryptWithPassphrase, isSecret, writeBackup } from '../../pki/index.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { writeNew } from '../named-file.ts';
import { k8supVersion } from '../version.ts';
import { stateFiles } from './state-files.ts';
import { sealFor, withState } from './store.ts';
import type { SealFlags, StoreRequest } from './store.ts';

export interface BackupRequest extends StoreRequest, SealFlags {
  readonly out: string;
  /** Keys in the clear. */
  readonly plain?: true | undefined;
}

/** `k8sup pki backup`: all that the controller keeps of a cluster in one file, for its owner alone. */
export function backup(request: BackupRequest, io: Io): Promise<number> {
  return withState(request, { command: 'pki backup', known: true }, io, async ({ inventory, paths }) => {
    const files = await stateFiles(paths);
    const clusterId = files.find(({ name }) => name === 'pki/cluster-id')?.text.trim() ?? '';
    const { name: cluster } = inventory.cluster;
    const text = writeBackup({ k8sup: k8supVersion, cluster, clusterId, files });
    const open = files.some(({ name }) => isSecret(name));
    await writeNew(request.out, () => secured(request, { text, open }, io));
    say(io, `${request.out} holds the store of ${`${cluster} ${clusterId}`.trim()}: ${String(files.length)} files`);
    if (request.plain === true && open) say(io, 'Its keys are in the clear: whoever reads it has the cluster.');
    return exitCodes.ok;
  });
}

/** Keys leave the store in the clear only where that is said. */
async function secured(
  request: BackupRequest,
  { text, open }: { readonly text: string; readonly open: boolean },
  io: Io,
): Promise<string> {
  const { recipient, passphrase, passphraseFile, plain } = request;
  const asked = recipient.length > 0 || passphrase === true || passphraseFile !== undefined;
  if (plain === true && asked) {
    throw new K8supError({
      code: 'BACKUP_PLAIN',
      kind: 'usage',
      what: '--plain goes with none of --recipient, --passphrase and --passphrase-file',
      fix: 'leave --plain out for a backup that is encrypted, or leave the others out',
    });
  }
  // The keys of a store that is encrypted are so in the backup too.
  if (plain === true || (!open && !asked)) return text;
  const whom = await sealFor(request, io, 'the backup');
  if (whom.passphrase === undefined) return encryptFor(whom.recipients, text);
  if (whom.recipients.length === 0) return encryptWithPassphrase(whom.passphrase, text);
  throw new K8supError({
    code: 'SEAL_WHOM',
    kind: 'usage',
    what: 'a file is encrypted for recipients or by a passphrase, not for both',
    why: "age's format allows no other key beside a passphrase",
    fix: 'take one of them out',
  });
}
