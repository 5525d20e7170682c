import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchLab } from './lab.ts';
import type { ProgramOptions, Timed } from './measure.ts';

/** Runs a Node program and also gives the most memory that its process held, as the kernel counted it. */
export async function runWithPeak(
  lab: BenchLab,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<Timed & { readonly peakMiB: number }> {
  const [node = '', ...args] = words;
  const [hook, file] = [join(lab.dir, 'peak.mjs'), join(lab.dir, 'peak')];
  await writeFile(
    hook,
    `import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS)));\n`,
  );
  const run = await lab.run([node, '--import', hook, ...args], { ...options, cpu: true });
  if (run.status !== 0)
    throw new Error(
      `${run.cut ? 'ended when its time was over' : ''} exit code ${run.status}\n${run.output.slice(-4000)}`,
    );
  return { ...run, peakMiB: Math.round(Number(await readFile(file, 'utf8')) / 1024) };
}
