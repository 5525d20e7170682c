import { spawn } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Supervised } from './model.ts';

/** Starts a folder's `boot.sh` in a session of its own, so that neither the end nor the terminal of this process reaches it. */
export async function startSupervisor({ directory }: Supervised): Promise<void> {
  await writeFile(join(directory, 'wanted'), '');
  const output = await open(join(directory, 'console.log'), 'a', 0o600);
  try {
    const supervisor = spawn('sh', [join(directory, 'boot.sh')], {
      cwd: directory,
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', output.fd, output.fd],
    });
    await new Promise<void>((started, failed) => {
      supervisor.once('spawn', started);
      supervisor.once('error', failed);
    });
    supervisor.unref();
  } finally {
    await output.close();
  }
}
