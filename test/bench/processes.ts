import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';

/** In the environment of every measured program, and so of all that it starts. */
export const mark = { name: 'K8SUP_BENCH', value: randomUUID() } as const;

/**
 * Ends what measured programs have left running, also in sessions of its own, as Ansible's ssh masters are. Gives how many there were.
 */
export async function endMarked(): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const marked = await Promise.all(ids.map(isMarked));
  const ours = ids.filter((_, index) => marked[index]);
  for (const id of ours) end(Number(id));
  return ours.length;
}

async function isMarked(id: string): Promise<boolean> {
  // It may have ended since.
  const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(`${mark.name}=${mark.value}`);
}

function end(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
