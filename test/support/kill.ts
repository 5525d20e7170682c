import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RunEvent } from '../../src/engine/events.ts';
import type { LabHandle } from './lab.ts';

/** Starts an apply and ends its process with SIGKILL at the given change that a stage has made. */
export async function killDuringApply(lab: LabHandle, stage: string, change = 3): Promise<void> {
  let applied = 0;
  const killed = await untilKilled(
    lab,
    (event) => event.type === 'applied' && event.stage === stage && (applied += 1) === change,
  );
  if (!killed) throw new Error(`apply ended by itself before it came to ${stage}`);
}

/** A moment of an apply, as its events tell it. */
export interface KillPoint {
  readonly stage: string;
  readonly mark: string;
}

/** What makes an event a moment in the order of an apply; undefined for what is no progress. */
export function markOf(event: RunEvent): string | undefined {
  if (event.type === 'step-start' || event.type === 'host-done')
    return `${event.stage} ${event.type} ${event.host} ${event.step ?? ''}`;
  // Killed there, its script is running.
  if (event.type === 'progress' && event.host !== '') return `${event.stage} begin ${event.host} ${event.text}`;
  return event.type === 'applied' ? `${event.stage} end ${event.host} ${event.resource}` : undefined;
}

/**
 * Points that are spread over all stages, in order.
 *
 * @param order - marks of an undisturbed apply.
 */
export function seededPoints(order: readonly string[], count: number, seed: number): readonly KillPoint[] {
  const random = randomOf(seed);
  const stageOf = (mark: string): string => mark.split(' ')[0] ?? '';
  const stages = [...new Set(order.map(stageOf))];
  const free = new Set(order);
  const chosen = Array.from({ length: count }, (_, index) => {
    const stage = stages[index % stages.length] ?? '';
    const own = [...free].filter((mark) => stageOf(mark) === stage);
    const from = own.length > 0 ? own : [...free];
    const mark = from[Math.floor(random() * from.length)] ?? '';
    free.delete(mark);
    return { stage: stageOf(mark), mark };
  });
  return chosen.sort((a, b) => order.indexOf(a.mark) - order.indexOf(b.mark));
}

/**
 * Starts an apply and ends its process with SIGKILL once it has come to a point, or past it where what was to be done there is done.
 *
 * @returns false where it ended by itself.
 */
export async function killAt(lab: LabHandle, order: readonly string[], { mark: point }: KillPoint): Promise<boolean> {
  const at = order.indexOf(point);
  return untilKilled(lab, (event) => {
    const mark = markOf(event);
    return mark !== undefined && order.indexOf(mark) >= at;
  });
}

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

async function untilKilled(lab: LabHandle, now: (event: RunEvent) => boolean): Promise<boolean> {
  const program = new URL('../../dist/src/main.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, 'apply', lab.inventory, '-o', 'json', '--no-verify', '--yes'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  for await (const line of createInterface({ input: child.stdout })) {
    if (now(JSON.parse(line) as RunEvent)) child.kill('SIGKILL');
  }
  return (await ended) === 'SIGKILL';
}
