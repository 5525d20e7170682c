import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../src/engine/events.ts';
import type { LabHandle } from './lab.ts';

/** Starts an apply and ends its process with SIGKILL at the given change that a stage has made. */
export async function killDuringApply(lab: LabHandle, stage: string, change = 3): Promise<void> {
  const program = new URL('../../dist/src/main.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, 'apply', lab.inventory, '-o', 'json', '--no-verify', '--yes'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  let applied = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as RunEvent;
    if (event.type === 'applied' && event.stage === stage && (applied += 1) === change) child.kill('SIGKILL');
  }
  const signal = await ended;
  if (signal !== 'SIGKILL') throw new Error(`apply ended by itself before it came to ${stage}`);
}
