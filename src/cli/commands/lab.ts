import { join, relative } from 'node:path';
import { openArtifacts } from '../../artifacts/index.ts';
import { labDown } from '../../lab/down.ts';
import { labExec } from '../../lab/exec.ts';
import { labImages } from '../../lab/images/build.ts';
import { labCorednsVersion } from '../../lab/inventory.ts';
import type { LabProfile } from '../../lab/inventory.ts';
import { labList } from '../../lab/list.ts';
import type { LabHost } from '../../lab/model.ts';
import { labUp } from '../../lab/up.ts';
import type { LabNetwork } from '../../lab/topology.ts';
import { table } from '../../report/index.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';

/** `k8sup lab up`: hosts, the images they are to run, and an inventory. */
export async function labUpCommand(
  flags: {
    readonly hosts: number;
    readonly name: string;
    readonly dir: string;
    readonly profile: LabProfile;
    readonly packages: readonly string[];
    readonly network: LabNetwork;
  },
  io: Io,
): Promise<number> {
  const { profile, ...request } = flags;
  const progress = (text: string): void => void io.err.write(`${text}\n`);
  using interrupt = listenForInterrupt(progress);
  const context = { signal: interrupt.stop, progress };
  const lab = await labUp({ ...request, inventory: { profile } }, context);
  const version = labCorednsVersion(profile);
  const artifacts = openArtifacts({ source: 'auto', mirrors: [] }, { progress });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const coredns = await artifacts.get({ component: 'coredns', version, architecture, file: 'coredns' }, interrupt.stop);
  await labImages({ corednsBinary: coredns.path, corednsVersion: version, signal: interrupt.stop });
  const inventory = relative('.', join(lab.dir, 'inventory.yaml'));
  say(io, `lab ${lab.name} is up: ${lab.hosts.map(withAddresses).join(', ')}\n  k8sup apply ${inventory}`);
  return 0;
}

/** `k8sup lab down`. */
export async function labDownCommand(name: string, io: Io): Promise<number> {
  const progress = (text: string): void => void io.err.write(`${text}\n`);
  using interrupt = listenForInterrupt(progress);
  await labDown({ name }, { signal: interrupt.signal, progress });
  say(io, `lab ${name} is gone`);
  return 0;
}

/** `k8sup lab list`. */
export async function labListCommand(io: Io): Promise<number> {
  const labs = await labList();
  if (labs.length === 0) say(io, 'no lab on this machine');
  else
    say(
      io,
      table(
        labs.map((lab) => [
          lab.name,
          lab.status,
          lab.hosts.map((host) => `${host.name}${host.running ? '' : ' (off)'}`).join(' '),
          lab.network,
          lab.dir ?? '',
        ]),
        { columns: io.out.columns ?? 100 },
      ),
    );
  return 0;
}

/** `k8sup lab exec`: the command's own exit code. */
export async function labExecCommand(
  request: { readonly host: string; readonly command: readonly string[]; readonly name: string },
  io: Io,
): Promise<number> {
  using interrupt = listenForInterrupt((text) => void io.err.write(`${text}\n`));
  return await labExec({ ...request, signal: interrupt.signal });
}

function withAddresses({ name, address, address6, secondAddress }: LabHost): string {
  return [name, address, address6, secondAddress].filter((word) => word !== undefined).join(' ');
}
