import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { approverText } from '../../src/components/csr-approver/script.ts';

/** What apiservers say of requests that they do not store; each of them, whatever its release. */
export const refusals =
  /^bad-[\w-]+: .*(is invalid|request is too large|Request entity too large|forbidden|cannot be handled|BadRequest|error)/i;

interface Credentials {
  readonly kubectl: string;
  readonly approverKubeconfig: string;
}

/**
 * Lets the program of the masters look twice, as its own user of the cluster, and gives what it told.
 *
 * @param lines - what it may let pass; undefined: there is no such file.
 * @throws Error with what it says of a look that failed.
 */
export async function approverLook(
  { kubectl, approverKubeconfig }: Credentials,
  lines: string | undefined,
): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'k8sup-approver-'));
  const [script, requests] = [join(work, 'csr-approver'), join(work, 'requests')];
  const kubeconfig = join(work, 'given');
  writeFileSync(script, approverText({ kubectl, kubeconfig, requests, work, seconds: 1 }));
  if (lines !== undefined) writeFileSync(requests, lines);
  writeFileSync(kubeconfig, approverKubeconfig, { mode: 0o600 });
  const child = spawn('sh', ['-c', `sh ${script} prepare && exec sh ${script} run`], { detached: true });
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (told += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    for (let looks = 0; looks < 2; looks += 1) await nextLook(join(work, 'last'), () => told);
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
    rmSync(work, { recursive: true, force: true });
  }
  return told;
}

async function nextLook(last: string, told: () => string): Promise<void> {
  rmSync(last, { force: true });
  for (let waited = 0; !existsSync(last); waited += 1) {
    if (waited > 600) throw new Error(`the approver does not look: ${told()}`);
    await pause(100);
  }
  const said = readFileSync(last, 'utf8');
  if (said !== 'ok\n') throw new Error(`the approver: ${said}${told()}`);
}
