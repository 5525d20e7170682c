import { createInterface } from 'node:readline/promises';
import { K8supError } from '../errors/k8sup-error.ts';
import { formatProblem } from '../inventory/problem.ts';
import { disruptions } from './applied.ts';
import type { Io } from './io.ts';
import type { Run } from './run.ts';

/** What is asked before something that cannot be taken back. */
export interface Question {
  readonly command: string;
  /** What will happen. */
  readonly about: string;
  /** To be typed, and what it is called: a plain yes is typed too easily. */
  readonly word: string;
  readonly called: string;
}

/** @throws K8supError `NOT_CONFIRMED` unless the word was typed at a terminal. */
export async function confirm({ command, about, word, called }: Question, io: Io): Promise<void> {
  const unsure = (why: string): K8supError =>
    new K8supError({
      code: 'NOT_CONFIRMED',
      kind: 'usage',
      what: `${command} was not confirmed; nothing was changed`,
      why,
      fix: `type ${called}, or use --yes`,
    });
  if (io.in.isTTY !== true) throw unsure(`${about}\nthere is no terminal to ask at`);
  const ask = createInterface({ input: io.in, output: io.err });
  const answer = await ask.question(`${about}\nType ${called} to go on: `);
  ask.close();
  if (answer.trim() !== word) throw unsure(`"${answer.trim()}" is not ${called}`);
}

/**
 * Tells and asks before a change that pods will notice.
 *
 * @throws K8supError `NOT_CONFIRMED`; `UNSAFE_NETWORK_LIMIT` where some hosts would keep the network of before.
 */
export async function confirmDisruptions(run: Run, yes: boolean, io: Io): Promise<void> {
  const changes = await disruptions(run);
  if (changes.length === 0) return;
  if (run.flags.limit !== undefined) {
    throw new K8supError({
      code: 'UNSAFE_NETWORK_LIMIT',
      kind: 'unsafeChange',
      what: 'the pod network cannot change with --limit',
      why: 'pods of the other hosts would be in another network, and would reach none of these',
      fix: 'run it without --limit',
    });
  }
  for (const change of changes) run.emit({ type: 'warning', text: formatProblem(change) });
  if (yes) return;
  const about = changes.map(({ message }) => message).join('\n');
  await confirm({ command: 'apply', about, word: 'yes', called: 'yes' }, io);
}
