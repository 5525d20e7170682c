import { readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import { attempt } from './run.ts';

export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
  /** Mount and superblock options. */
  readonly options: readonly string[];
}

/** Reads /proc/self/mountinfo, in the order in which things were mounted (see proc_pid_mountinfo(5)). */
export function parseMountInfo(text: string): readonly Mount[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const fields = left.split(' ');
      const [type = '', , superOptions = ''] = right.split(' ');
      return {
        mountPoint: unescapeOctal(fields[4] ?? ''),
        type,
        options: [...(fields[5] ?? '').split(','), ...superOptions.split(',')],
      };
    });
}

/** Mount points at or below a folder, the one mounted last first. */
export function mountPointsBelow(mountInfo: string, directory: string): readonly string[] {
  return parseMountInfo(mountInfo)
    .map((mount) => mount.mountPoint)
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .reverse();
}

/** Takes off every mount at or below a folder, and then the folder; a folder that is not there is fine. */
export async function removeWithMounts(directory: string, signal: AbortSignal): Promise<void> {
  await unmountBelow(directory, signal);
  await rm(directory, { recursive: true, force: true });
}

/** @throws {@link K8supError} `LAB_MOUNT_BUSY` when one cannot be taken off. */
async function unmountBelow(directory: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const points = mountPointsBelow(await readFile('/proc/self/mountinfo', 'utf8'), directory);
    if (points.length === 0) return;
    let said = '';
    for (const point of points) said += (await attempt('umount', [point], { signal, timeoutMs: 10_000 })).stderr;
    if (said !== '' && Date.now() > deadline) {
      throw new K8supError({
        code: 'LAB_MOUNT_BUSY',
        kind: 'lab',
        what: `a mount below ${directory} cannot be taken off`,
        why: said,
        fix: 'Leave the folder with every shell and program that is in it, then run the command again.',
      });
    }
    if (said !== '') await pause(100, undefined, { signal });
  }
}

function unescapeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
