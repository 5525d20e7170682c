import { exitCodes, K8supError } from '../../errors/k8sup-error.ts';
import { type Layout, openStore, takeOver } from '../../pki/index.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runCommand } from '../run.ts';

export interface TakeOverRequest {
  readonly layout: Layout;
  readonly dir: string;
  readonly inventory: string;
  readonly flags: RunFlags;
  /** The host whose folder it is. */
  readonly host: string | undefined;
  /** Keys of authorities that are not there stay elsewhere. */
  readonly offline: boolean;
}

/** `k8sup certs take-over`: what kubeadm or cfssl made comes into the store, and is made anew only where it does not do. */
export function takeOverCertificates(
  { layout, dir, inventory, flags, host, offline }: TakeOverRequest,
  io: Io,
): Promise<number> {
  return runCommand({ command: `certs take-over ${layout}`, inventory, flags, writes: true }, io, async (run) => {
    const names = run.inventory.hosts.map(({ name }) => name);
    if (host !== undefined && !names.includes(host)) {
      throw new K8supError({
        code: 'UNKNOWN_HOST',
        kind: 'usage',
        what: `--host names ${host}, which the inventory does not have`,
        fix: `its hosts are: ${names.join(', ')}`,
      });
    }
    const options = { inventory: run.inventory, now: new Date(), offline };
    const { kept, leaves, anew } = await takeOver(
      await openStore(run.paths.pki, run.storeKey),
      { layout, dir, host },
      options,
    );
    for (const name of kept) run.emit({ type: 'note', text: `taken over: ${name}` });
    for (const { what, from } of leaves) run.emit({ type: 'note', text: `taken over: ${what}, from ${from}` });
    for (const { what, why } of anew) run.emit({ type: 'warning', text: `apply makes ${what} anew: ${why}` });
    return exitCodes.ok;
  });
}
