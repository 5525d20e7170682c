import { exitCodes } from '../../errors/k8sup-error.ts';
import { type AuthorityName, commonNameOf, importAuthority, openStore } from '../../pki/index.ts';
import type { Io } from '../io.ts';
import type { RunFlags } from '../options.ts';
import { runCommand } from '../run.ts';
import { type BroughtFlags, readBrought } from './brought.ts';

export interface ImportAuthorityRequest {
  readonly name: AuthorityName;
  readonly inventory: string;
  readonly flags: RunFlags;
  readonly files: BroughtFlags & { readonly cert: string };
}

/** `k8sup certs import-ca`: an authority that was made elsewhere for a cluster that is still to be made. */
export function importCa({ name, inventory, flags, files }: ImportAuthorityRequest, io: Io): Promise<number> {
  return runCommand({ command: `certs import-ca ${name}`, inventory, flags, writes: true }, io, async (run) => {
    const store = await openStore(run.paths.pki, run.storeKey);
    const brought = await readBrought(files, io);
    const options = { inventory: run.inventory, now: new Date() };
    const [authority, ...chain] = await importAuthority(store, name, brought, options);
    const above = chain.map(({ subject }) => commonNameOf(subject)).join(', ');
    const what = `${name} is in the store: ${commonNameOf(authority?.subject ?? [])}${above === '' ? '' : `, below ${above}`}`;
    const rest =
      brought.key === undefined ? 'its key stays elsewhere: k8sup certs requests  writes what it must sign' : '';
    run.emit({ type: 'note', text: [what, rest].filter((text) => text !== '').join('; ') });
    return exitCodes.ok;
  });
}
