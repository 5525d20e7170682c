import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { K8supError, messageOf } from '../errors/k8sup-error.ts';
import type { Inventory } from '../inventory/model.ts';

/**
 * The one line of a file on the controller that the inventory names, where relative paths start.
 *
 * @throws K8supError `PASSWORD_FILE_UNREADABLE`, and `SECRET_FILE_MODE` for one that others can read.
 */
export async function readSecretFile(inventory: Inventory, written: string): Promise<string> {
  const path = /^~(\/|$)/.test(written)
    ? resolve(homedir(), written.slice(2))
    : resolve(dirname(inventory.file), written);
  const { mode, text } = await readWithMode(path);
  if ((mode & 0o077) === 0) return text.replace(/\r?\n$/, '');
  throw new K8supError({
    code: 'SECRET_FILE_MODE',
    kind: 'inventory',
    what: `${path} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
    fix: `chmod 600 ${path}`,
  });
}

async function readWithMode(path: string): Promise<{ readonly mode: number; readonly text: string }> {
  try {
    const [{ mode }, text] = [await stat(path), await readFile(path, 'utf8')];
    return { mode, text };
  } catch (error) {
    throw new K8supError({
      code: 'PASSWORD_FILE_UNREADABLE',
      kind: 'inventory',
      what: `${path} cannot be read`,
      why: messageOf(error),
      fix: 'relative paths start at the inventory file',
      cause: error,
    });
  }
}
