import { delimiter, join } from 'node:path';
import { afterEach } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import type { TemporaryFolder } from '../temporary.ts';

const path = process.env['PATH'];
const folders: TemporaryFolder[] = [];
afterEach(async () => {
  process.env['PATH'] = path;
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
});

/** Puts shell scripts before everything else on the PATH until the test ends; each records its calls in `calls`. */
export async function programs(scripts: Readonly<Record<string, string>>): Promise<{ readonly calls: string }> {
  const folder = await temporaryFolder();
  folders.push(folder);
  const calls = join(folder.path, 'calls');
  for (const [name, body] of Object.entries(scripts)) {
    await folder.write(`bin/${name}`, `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${calls}'\n${body}\n`, 0o755);
  }
  process.env['PATH'] = [join(folder.path, 'bin'), path].join(delimiter);
  return { calls };
}
