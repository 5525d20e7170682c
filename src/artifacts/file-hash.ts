import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The sha256 of a file, in hexadecimal. */
export async function sha256File(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}

/** Remembers hashes of files that have not changed since. */
export interface HashRecords {
  /** The sha256 of `path`: read from the record while inode, size, mtime and ctime are those of it, else computed and recorded. */
  hash(path: string, signal: AbortSignal): Promise<string>;
  /** Records a hash that was computed just now under another path, before a rename. */
  record(path: string, sha256: string): Promise<void>;
}

/**
 * Keeps one small record for each file in `folder`, so that processes never write to the same one but with the same content.
 *
 * @param compute - replaced in tests.
 */
export function openHashRecords(folder: string, compute = sha256File): HashRecords {
  const running = new Map<string, Promise<string>>();
  const recordOf = (path: string): string => join(folder, createHash('sha256').update(path).digest('hex').slice(0, 32));
  const fresh = async (path: string, signal: AbortSignal): Promise<string> => {
    const record = recordOf(path);
    const before = await fingerprint(path);
    const [seen, known] = (await readIfThere(record)).split('\n');
    if (seen === before && known !== undefined && /^[0-9a-f]{64}$/.test(known)) return known;
    const sum = await compute(path, signal);
    // A file that changes while it is read must not be trusted later.
    if ((await fingerprint(path)) === before) await writeAtomically(record, `${before}\n${sum}\n`, folder);
    return sum;
  };
  return {
    async hash(path, signal) {
      const mine = running.get(path) ?? fresh(path, signal);
      running.set(path, mine);
      try {
        return await mine;
      } finally {
        running.delete(path);
      }
    },
    async record(path, sum) {
      await writeAtomically(recordOf(path), `${await fingerprint(path)}\n${sum}\n`, folder);
    },
  };
}

/** Text of a file, empty when there is none. */
export async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

/** Whether a thrown thing says that a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

async function fingerprint(path: string): Promise<string> {
  const info = await stat(path, { bigint: true });
  return `${path} ${info.ino} ${info.size} ${info.mtimeNs} ${info.ctimeNs}`.replaceAll('\n', ' ');
}

async function writeAtomically(path: string, text: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}
