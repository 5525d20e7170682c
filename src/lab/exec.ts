import { execa } from 'execa';
import { K8supError } from '../errors/k8sup-error.ts';
import { requireLab } from './can-run.ts';
import type { LabHost } from './model.ts';
import { readRecord } from './record.ts';
import { sshCommand, type LabAccess } from './ssh.ts';

export interface LabExecOptions {
  readonly name: string;
  /** `h1` … */
  readonly host: string;
  /** Words of the command, each kept as it is; empty for a shell. */
  readonly command: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Runs a command as root on a lab host by ssh, with this process' standard streams.
 *
 * @returns the command's exit code; ssh's own failures are 255.
 * @throws {@link K8supError} `LAB_UNKNOWN`, `LAB_HOST_UNKNOWN`.
 */
export async function labExec(options: LabExecOptions): Promise<number> {
  requireLab();
  const { lab, host } = await findHost(options.name, options.host);
  const [program = '', ...words] = sshCommand(lab, host, options.command);
  const at = words.indexOf('-F');
  // A shell wants a terminal; a command gets one only where the user sits at one.
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['-t'] : [];
  const args = [...words.slice(0, at), ...terminal, ...words.slice(at)];
  const result = await execa(program, args, { stdio: 'inherit', reject: false, cancelSignal: options.signal });
  options.signal.throwIfAborted();
  return result.exitCode ?? 255;
}

async function findHost(name: string, hostName: string): Promise<{ lab: LabAccess; host: LabHost }> {
  const record = await readRecord(name);
  const host = record.hosts.find((candidate) => candidate.name === hostName);
  if (record.dir === undefined || record.status !== 'up') throw halfMade(name);
  if (host !== undefined) return { lab: { name, dir: record.dir }, host };
  throw new K8supError({
    code: 'LAB_HOST_UNKNOWN',
    kind: 'lab',
    what: `lab ${name} has no host "${hostName}"`,
    why: `Its hosts are ${record.hosts.map((candidate) => candidate.name).join(', ')}.`,
    fix: 'Name one of these.',
  });
}

function halfMade(name: string): K8supError {
  return new K8supError({
    code: 'LAB_HALF_MADE',
    kind: 'lab',
    what: `lab ${name} is not up`,
    why: 'Its "lab up" still runs, or was killed.',
    fix: `Take it down with "k8sup lab down --name ${name}" and make it again.`,
  });
}
