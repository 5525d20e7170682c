import { lstat, open, rename, writeFile } from 'node:fs/promises';
import { K8supError } from '../../errors/k8sup-error.ts';
import { say } from '../io.ts';
import type { Io } from '../io.ts';
import { isThere, writingNamed } from '../named-file.ts';

/** What commands that make something give; all PEM, and the key a secret. */
export interface Made {
  readonly cert?: string;
  readonly csr?: string;
  readonly key?: string;
}

/** How the answer is wanted. */
export interface AnswerFlags {
  /** Write files as `cfssljson -bare NAME` does, in place of JSON on standard output. */
  readonly bare?: string | undefined;
  readonly force?: true | undefined;
}

/**
 * Runs what makes something, and prints it as cfssl does or writes it into files. A key that is there already is never replaced unless told, and that
 * is found out before anything is made.
 *
 * @throws K8supError `PKI_KEY_EXISTS`, `FILE_NOT_WRITTEN`.
 */
export async function answer(
  flags: AnswerFlags & { readonly makesKey: boolean },
  io: Io,
  make: () => Promise<Made>,
): Promise<number> {
  if (flags.bare === undefined) {
    const { cert, csr, key } = await make();
    say(io, JSON.stringify({ cert, csr, key }));
    return 0;
  }
  const files = filesOf(flags.bare);
  if (flags.makesKey && flags.force !== true && (await exists(files.key))) throw keyExists(files.key);
  const made = await make();
  if (made.key !== undefined) await writeKey(files.key, made.key, flags.force === true);
  if (made.cert !== undefined) await written(files.cert, () => writeFile(files.cert, made.cert ?? ''));
  if (made.csr !== undefined) await written(files.csr, () => writeFile(files.csr, made.csr ?? ''));
  const names = (['key', 'cert', 'csr'] as const).filter((kind) => made[kind] !== undefined).map((kind) => files[kind]);
  say(io, `wrote ${names.join(', ')}`);
  return 0;
}

function filesOf(bare: string): Readonly<Record<keyof Made, string>> {
  return { key: `${bare}-key.pem`, cert: `${bare}.pem`, csr: `${bare}.csr` };
}

/** In one piece and with its mode from the first moment on. */
async function writeKey(path: string, text: string, force: boolean): Promise<void> {
  const target = force ? `${path}.new` : path;
  await written(path, async () => {
    await using file = await open(target, force ? 'w' : 'wx', 0o600);
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  });
  if (force) await written(path, () => rename(target, path));
}

async function written(path: string, write: () => Promise<void>): Promise<void> {
  await writingNamed(path, async () => {
    try {
      await write();
    } catch (error) {
      throw isThere(error) ? keyExists(path) : error;
    }
  });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function keyExists(path: string): K8supError {
  return new K8supError({
    code: 'PKI_KEY_EXISTS',
    kind: 'usage',
    what: `${path} is there already`,
    why: 'a key that is replaced is gone, and with it everything that was signed with it or for it',
    fix: 'name other files with --bare, or give --force to replace it',
  });
}
