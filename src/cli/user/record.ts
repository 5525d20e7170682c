import { join } from 'node:path';
import { rename, writeFile } from 'node:fs/promises';
import { K8supError } from '../../errors/k8sup-error.ts';
import { isRecord } from '../../inventory/path.ts';
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

/** Those that were handed out from this controller, the oldest first. @throws K8supError `USERS_INVALID` where the list of them is damaged. */
export async function readUsers(paths: StatePaths): Promise<readonly UserRecord[]> {
  const file = fileOf(paths);
  const text = await readState(file);
  if (text === undefined) return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw damaged(file, error);
  }
  if (Array.isArray(list) && list.every(isUser)) return list;
  throw damaged(file);
}

/** Adds one to those that were handed out. @throws K8supError `USERS_INVALID`, before anything is written. */
export async function rememberUser(paths: StatePaths, user: UserRecord): Promise<void> {
  const text = `${JSON.stringify([...(await readUsers(paths)), user], undefined, 2)}\n`;
  const file = fileOf(paths);
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function isUser(value: unknown): value is UserRecord {
  if (!isRecord(value) || !Array.isArray(value['groups'])) return false;
  const { user, serial, made, notAfter, groups } = value;
  return [user, serial, made, notAfter, ...(groups as unknown[])].every((text) => typeof text === 'string');
}

function damaged(file: string, cause?: unknown): K8supError {
  return new K8supError({
    code: 'USERS_INVALID',
    kind: 'pki',
    what: `${file} does not say who was given a certificate`,
    fix: 'put it back from a backup of the .k8sup folder; without it nobody knows who was given one',
    cause,
  });
}

function fileOf({ dir }: StatePaths): string {
  return join(dir, 'users.json');
}
