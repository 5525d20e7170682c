import type { Facts, Remains, UnitFact } from './model.ts';
import { ruleLoaders } from './remains.ts';
import type { Sections } from './sections.ts';

/** From `systemctl show` of several units; those that do not exist are left out. */
export function readUnits(read: Sections): Readonly<Record<string, UnitFact>> {
  const units: Record<string, UnitFact> = {};
  let block = new Map<string, string>();
  const blocks = [block];
  for (const line of read.lines('units')) {
    const at = line.indexOf('=');
    const key = line.slice(0, at);
    // Empty lines between units are gone by now; a key seen again begins the next unit.
    if (block.has(key)) {
      block = new Map<string, string>();
      blocks.push(block);
    }
    block.set(key, line.slice(at + 1));
  }
  for (const unit of blocks) {
    const name = unit.get('Id');
    const load = unit.get('LoadState');
    if (name === undefined || load === 'not-found') continue;
    units[name] = {
      active: unit.get('ActiveState') ?? 'unknown',
      enabled: unit.get('UnitFileState') ?? '',
      file: unit.get('FragmentPath') ?? '',
    };
  }
  return units;
}

export function readFirewalls(units: Facts['units']): Pick<Facts, 'firewalls' | 'ruleLoaders'> {
  return { firewalls: inUse(units, ['firewalld.service', 'ufw.service']), ruleLoaders: inUse(units, ruleLoaders) };
}

function inUse(units: Facts['units'], names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const unit = units[name];
    return unit !== undefined && (unit.active === 'active' || unit.enabled === 'enabled');
  });
}

/** Other installers' paths, and runtimes that a distribution's package brought. */
export function readRemains(read: Sections, units: Facts['units']): readonly Remains[] {
  const found = read.values('values', 'remains').map((text): Remains => {
    const at = text.indexOf(':');
    return { of: text.slice(0, at), found: text.slice(at + 1) };
  });
  for (const name of ['docker', 'containerd', 'crio']) {
    const file = units[`${name}.service`]?.file ?? '';
    // A unit below /etc is somebody's own, or ours; packages bring theirs below /usr/lib or /lib.
    if (/^(\/usr)?\/lib\//.test(file)) found.push({ of: name, found: file });
  }
  return found;
}
