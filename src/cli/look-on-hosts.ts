import type { RunContext } from '../engine/run-context.ts';
import type { RunEvent } from '../engine/events.ts';
import { makeContext } from './context.ts';
import type { Io } from './io.ts';
import { onHosts } from './on-hosts.ts';
import type { HostsSpec } from './on-hosts.ts';
import type { RunFlags } from './options.ts';
import type { Session } from './session.ts';

/** What a command found, in the two forms in which it is shown. */
export interface Found {
  readonly event: RunEvent;
  /** @param columns - the width of the terminal. */
  readonly text: (columns: number) => string;
  readonly code: number;
}

/** How a command that prints a result of its own shows its run: all of it with `-o json`, else warnings and errors alone. */
export function ownResult(flags: RunFlags) {
  const json = flags.output === 'json';
  return { flags: { ...flags, output: json ? 'json' : 'plain' }, quiet: !json } as const;
}

/** The frame of commands that look at all hosts that answer, change nothing, and print what they found: as an event with `-o json`, else as text. */
export function lookOnHosts(
  spec: Pick<HostsSpec, 'command' | 'inventory' | 'flags' | 'before'>,
  io: Io,
  look: (context: RunContext, session: Session) => Promise<Found>,
): Promise<number> {
  const shown = ownResult(spec.flags);
  return onHosts({ ...spec, ...shown, writes: false, partial: true }, io, async (run, session) => {
    const { event, text, code } = await look(await makeContext(run, session, 'plan'), session);
    if (!shown.quiet) run.emit(event);
    else if (run.flags.quiet !== true) io.out.write(`${text(io.out.columns ?? 120)}\n`);
    return code;
  });
}
