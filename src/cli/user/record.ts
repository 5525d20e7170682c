import { join } from 'node:path';
import { rename, writeFile } from 'node:fs/promises';
import type { StatePaths } from '../state.ts';
import { readState } from '../state.ts';

/** A client certificate that was handed out from here; its key was handed out with it and is kept nowhere. */
export interface UserRecord {
  readonly user: string;
  readonly groups: readonly string[];
  /** Hexadecimal. */
  readonly serial: string;
  /** RFC 3339. */
  readonly made: string;
  readonly notAfter: string;
}

/** Those that were handed out from this controller, the oldest first. */
export async function readUsers(paths: StatePaths): Promise<readonly UserRecord[]> {
  const text = await readState(fileOf(paths));
  return text === undefined ? [] : (JSON.parse(text) as readonly UserRecord[]);
}

export async function rememberUser(paths: StatePaths, user: UserRecord): Promise<void> {
  const text = `${JSON.stringify([...(await readUsers(paths)), user], undefined, 2)}\n`;
  const file = fileOf(paths);
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function fileOf({ dir }: StatePaths): string {
  return join(dir, 'users.json');
}
