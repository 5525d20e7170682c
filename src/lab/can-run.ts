import { existsSync, readFileSync } from 'node:fs';
import { K8supError } from '../errors/k8sup-error.ts';
import { findHierarchies } from './cgroups.ts';
import { missingPrograms } from './packages.ts';

/** What decides whether a machine can run a lab; read from the machine by default. */
export interface Machine {
  readonly platform: string;
  readonly uid: number;
  /** Text of /proc/self/status. */
  readonly status: string;
  /** Text of /proc/self/mountinfo. */
  readonly mountInfo: string;
  readonly hasApt: boolean;
  readonly missingPrograms: readonly string[];
}

export type Answer = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const capSysAdmin = 21n;

/** Says whether labs can run here, and if not, why. Looks only; starts nothing. */
export function canRunLab(machine: Machine = thisMachine()): Answer {
  const no = (reason: string): Answer => ({ ok: false, reason });
  if (machine.platform !== 'linux') return no(`a lab needs Linux (this is ${machine.platform})`);
  if (machine.uid !== 0) return no(`a lab needs root (this is user id ${machine.uid})`);
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(machine.status)?.[1] ?? '0';
  if (((BigInt(`0x${capabilities}`) >> capSysAdmin) & 1n) === 0n) {
    return no('a lab needs the capability CAP_SYS_ADMIN, which this container does not have');
  }
  if (findHierarchies(machine.mountInfo).length === 0) return no('no control groups are mounted at /sys/fs/cgroup');
  if (!machine.hasApt && machine.missingPrograms.length > 0) {
    return no(`${machine.missingPrograms.join(', ')} not found, and there is no apt-get to install what is missing`);
  }
  return { ok: true };
}

/** @throws {@link K8supError} `LAB_UNSUPPORTED` with the reason of {@link canRunLab}. */
export function requireLab(): void {
  const answer = canRunLab();
  if (answer.ok) return;
  throw new K8supError({
    code: 'LAB_UNSUPPORTED',
    kind: 'lab',
    what: 'This machine cannot run a lab',
    why: answer.reason,
    fix: 'Use a Linux machine (Debian 12 is what labs are tested on) as root.',
  });
}

function thisMachine(): Machine {
  const linux = process.platform === 'linux';
  return {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    status: linux ? readFileSync('/proc/self/status', 'utf8') : '',
    mountInfo: linux ? readFileSync('/proc/self/mountinfo', 'utf8') : '',
    hasApt: existsSync('/usr/bin/apt-get'),
    missingPrograms: missingPrograms(),
  };
}
