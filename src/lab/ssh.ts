import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { quote } from '../shell/sh.ts';
import { hostKeys } from './host-disk.ts';
import { labFiles, netnsPath, type LabHost } from './model.ts';
import { run } from './run.ts';

/** What it takes to reach a lab's hosts. */
export interface LabAccess {
  readonly name: string;
  /** The user's folder with key and known_hosts. */
  readonly dir: string;
}

/** Makes the key pair that every host of the lab lets in; private key 0600. */
export async function makeLabKey(dir: string, signal: AbortSignal): Promise<void> {
  const { privateKey } = labFiles(dir);
  await mkdir(dirname(privateKey), { recursive: true });
  const args = ['-q', '-t', 'ed25519', '-N', '', '-C', 'k8sup-lab', '-f', privateKey];
  await run('ssh-keygen', args, { signal, timeoutMs: 20_000 });
}

/** Writes known_hosts with every key of every host, by its name and by its address. */
export async function writeKnownHosts(dir: string, hosts: readonly LabHost[]): Promise<void> {
  const keys = await Promise.all(hosts.map(async (host) => ({ host, keys: await hostKeys(host) })));
  await writeFile(labFiles(dir).knownHosts, knownHosts(keys));
}

/** Text of known_hosts, as sshd(8) describes it. Pure. */
export function knownHosts(entries: readonly { readonly host: LabHost; readonly keys: readonly string[] }[]): string {
  return entries.flatMap(({ host, keys }) => keys.map((key) => `${host.name},${host.address} ${key}\n`)).join('');
}

/**
 * The words that run a command as root on a lab host, through the lab's namespace. Nothing of the user's own ssh configuration or agent has a part in it.
 *
 * @param command - words of the command, each kept as it is; empty for a login shell.
 */
export function sshCommand(lab: LabAccess, host: LabHost, command: readonly string[]): readonly string[] {
  const { privateKey, knownHosts: file } = labFiles(lab.dir);
  return [
    ...['nsenter', `--net=${netnsPath(lab.name)}`, 'ssh', '-F', 'none', '-i', privateKey, '-o', 'IdentitiesOnly=yes'],
    ...['-o', 'IdentityAgent=none', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=5'],
    ...['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile="${file}"`, '-o', 'GlobalKnownHostsFile=none'],
    ...[`root@${host.address}`, ...(command.length === 0 ? [] : ['--', command.map(quote).join(' ')])],
  ];
}
