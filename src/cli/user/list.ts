import { loadInventory } from '../../inventory/load.ts';
import { networkPlugins } from '../../network/network.ts';
import { table } from '../../report/index.ts';
import { escapeControl } from '../../shell/escape.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { statePaths } from '../state.ts';
import { readUsers } from './record.ts';

/** `k8sup user list`: certificates that were handed out from this controller. Reaches no host. */
export async function listUsers(
  request: { readonly inventory: string; readonly json: boolean },
  io: Io,
): Promise<number> {
  const inventory = await loadInventory(request.inventory, networkPlugins);
  const users = await readUsers(statePaths(inventory));
  if (request.json) say(io, JSON.stringify(users, undefined, 2));
  else if (users.length === 0) say(io, 'no certificate was handed out from here');
  else {
    const rows = users.map(({ user, groups, notAfter, serial }) => {
      return [
        escapeControl(user),
        escapeControl(groups.join(',')),
        left(Date.parse(notAfter) - Date.now()),
        notAfter,
        serial,
      ];
    });
    say(io, table([['USER', 'GROUPS', 'LEFT', 'UNTIL', 'SERIAL'], ...rows], { columns: io.out.columns ?? 120 }));
  }
  return 0;
}

/** Days would tell nothing of a certificate that lives for one. */
function left(ms: number): string {
  if (ms <= 0) return 'ended';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${String(hours)} h` : `${String(Math.floor(hours / 24))} days`;
}
