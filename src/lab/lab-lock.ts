import { withLock } from './lock.ts';

/** Keeps two commands from working on one lab at once. */
export function withLabLock<T>(name: string, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  const holder = `Another "k8sup lab" works on lab ${name}.`;
  return withLock(`/run/lock/k8sup-lab-${name}.lock`, { signal, waitSeconds: 120, holder }, body);
}
