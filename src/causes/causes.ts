import { apiserverCauses } from './apiserver.ts';
import { certificateCauses } from './certificates.ts';
import { etcdCauses } from './etcd.ts';
import { hostCauses } from './host.ts';
import type { KnownCause } from './known-cause.ts';
import { kubeletCauses } from './kubelet.ts';
import { networkCauses } from './network.ts';
import { runtimeCauses } from './runtime.ts';

/** All causes that are known. Where several match one line, the first one is told, so the particular stand before the general. */
export const knownCauses: readonly KnownCause[] = [
  ...etcdCauses,
  ...apiserverCauses,
  ...kubeletCauses,
  ...runtimeCauses,
  ...networkCauses,
  ...certificateCauses,
  ...hostCauses,
];

/**
 * The likely cause of what failed. The last line that shows one counts: what stands above it in a journal may be of an attempt before.
 *
 * @param output - lines of journals and of commands.
 * @returns undefined where nothing that is known shows.
 */
export function likelyCause(output: string): KnownCause | undefined {
  const lines = output.split('\n').reverse();
  return lastShown(lines, ({ weak }) => weak === undefined) ?? lastShown(lines, ({ weak }) => weak === true);
}

/** A cause by its code, as events carry it. */
export function causeOf(code: string): KnownCause | undefined {
  return knownCauses.find((known) => known.code === code);
}

function lastShown(lines: readonly string[], chosen: (known: KnownCause) => boolean): KnownCause | undefined {
  const causes = knownCauses.filter(chosen);
  for (const line of lines) {
    const shown = causes.find(({ pattern }) => pattern.test(line));
    if (shown !== undefined) return shown;
  }
  return undefined;
}
