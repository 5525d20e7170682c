import { readFileSync, readdirSync } from 'node:fs';

export interface ProcessWatch {
  /** Ends the watch; gives each different command line and environment that was seen. */
  stop(): ReadonlySet<string>;
}

/** Looks again and again at all processes of this machine; those of lab hosts are among them. */
export function watchProcesses(): ProcessWatch {
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      for (const file of ['cmdline', 'environ']) seen.add(readText(`/proc/${pid}/${file}`));
    }
  };
  const timer = setInterval(look, 100);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return seen;
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', '\n');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
