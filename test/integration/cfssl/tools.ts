import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from '../../unit/cli/io.ts';

/** What a program gave: the JSON on its standard output where it made something, else why not. */
export type Outcome =
  { readonly made: Readonly<Record<'cert' | 'csr' | 'key', string | undefined>> } | { readonly refused: string };

/** A folder with files that each have a folder of their own, so that names may come again. */
export interface Workspace {
  readonly folder: string;
  file(name: string, text: string | object): string;
  remove(): void;
}

export function openWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'k8sup-cfssl-'));
  let count = 0;
  return {
    folder,
    file: (name, text) => {
      count += 1;
      const path = join(folder, String(count), name);
      mkdirSync(join(folder, String(count)));
      writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text), { mode: 0o600 });
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs real cfssl; it tells of most failures by its exit code, and of a missing flag by printing nothing. */
export function byCfssl(program: string, words: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, [...words], { timeout: 60_000, env: { PATH: process.env['PATH'] } }, (error, stdout, stderr) => {
      resolve(error || stdout === '' ? { refused: stderr } : { made: JSON.parse(stdout) as never });
    });
  });
}

/** Runs k8sup with the same words. */
export async function byK8sup(words: readonly string[]): Promise<Outcome> {
  const { code, out, err } = await cli('pki', ...words);
  if (code === 0) return { made: JSON.parse(out) as never };
  // Exit code 70 is a defect: that is no way to refuse.
  return { refused: code === 70 ? `DEFECT ${err}` : err };
}

export function openssl(words: readonly string[], input = ''): string {
  return execFileSync('openssl', [...words], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

/** What a program prints as JSON. @throws Error with what it said when it fails. */
export async function runJson(program: string, words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await runText(program, words)) as Readonly<Record<string, unknown>>;
}

/** Standard output of real cfssl, or of k8sup's own command where that is the program's name. @throws Error when it fails. */
export async function runText(program: string, words: readonly string[]): Promise<string> {
  if (program === 'k8sup') {
    const { code, out, err } = await cli('pki', ...words);
    if (code !== 0) throw new Error(err);
    return out;
  }
  return new Promise((resolve, reject) => {
    execFile(program, [...words], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr));
      else resolve(stdout);
    });
  });
}
