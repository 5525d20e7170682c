import { repeat, timed } from './measure.ts';
import type { Finding } from './result.ts';

const limitMs = 150;

/** How long a person waits for help: commands are imported when they run. */
export async function benchStartup(): Promise<Finding> {
  const words = [process.execPath, 'dist/src/main.js', '--help'];
  const help = await repeat({ runs: 15 }, () => timed(words));
  const node = await repeat({ runs: 15 }, () => timed([process.execPath, '--eval', '0']));
  return {
    id: 'startup',
    title: 'Start',
    about: 'Wall time of the whole process, beside that of Node with nothing to do.',
    rows: [
      { what: 'k8sup --help', hosts: 0, tool: 'k8sup', ...help },
      { what: 'node --eval 0', hosts: 0, tool: 'Node', ...node },
    ],
    goals: [
      {
        text: `k8sup --help: at most ${limitMs} ms`,
        measured: `${Math.round(help.medianMs)} ms`,
        met: help.medianMs <= limitMs,
        ...(help.medianMs <= limitMs ? {} : { why: `Node alone needs ${Math.round(node.medianMs)} ms of it.` }),
      },
    ],
    missing: [],
  };
}
