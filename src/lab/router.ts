import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lines, rawShell, sh } from '../shell/sh.ts';
import { bootFunctions } from './boot-functions.ts';
import { netnsPath, routerDirectory, type Supervised } from './model.ts';
import type { LabRecord } from './record.ts';
import { startSupervisor } from './supervisor.ts';
import { bridgeName, type LabNetwork } from './topology.ts';

interface RouterSpec extends Supervised {
  readonly lab: string;
  /** The lab's subtree in each hierarchy. */
  readonly cgroups: readonly string[];
}

/** Debian package of what advertises the router. */
export const routerPackage = 'radvd';

/** Starts advertising the lab's namespace as IPv6 router of its subnets, where the lab is to have that. */
export async function startRouter(record: LabRecord): Promise<void> {
  if (!record.network.routerAdvertisements) return;
  const { name, cgroups } = record;
  const directory = routerDirectory(name);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'radvd.conf'), advertisements(record.network));
  await writeFile(join(directory, 'boot.sh'), routerScript({ lab: name, directory, cgroups }), { mode: 0o700 });
  await startSupervisor({ directory });
}

/** radvd.conf(5): the shortest interval that there is, and a lifetime that survives the loss of one or two of them. Pure. */
export function advertisements(network: LabNetwork): string {
  const settings = 'AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 12;';
  return Array.from(
    { length: network.subnets },
    (_, subnet) => `interface ${bridgeName(subnet)} { ${settings} };\n`,
  ).join('');
}

/** It writes itself down before it looks at `wanted`, as the supervisors of hosts do. Pure. */
export function routerScript(spec: RouterSpec): string {
  const pieces = [
    rawShell('#!/bin/sh\nset -uf'),
    sh`cd ${spec.directory} || exit 1`,
    rawShell(bootFunctions(spec.cgroups)),
    rawShell('record router $$ || exit 1\n[ -e wanted ] || exit 0\nenter router'),
    sh`exec ${['nsenter', `--net=${netnsPath(spec.lab)}`, ...daemon]}`,
  ];
  return `${lines(pieces).sh}\n`;
}

const daemon = ['radvd', '--nodaemon', '--config=radvd.conf', '--pidfile=radvd.pid', '--logmethod=stderr'];
