import type { ExitKind } from '../errors/k8sup-error.ts';
import type { K8supError } from '../errors/k8sup-error.ts';
import { likelyCause } from './causes.ts';
import type { KnownCause } from './known-cause.ts';

/** The errors whose text is what hosts said; that of others is k8sup's own. */
const fromHosts: ReadonlySet<ExitKind> = new Set(['command', 'resource', 'kubernetes']);

/** The likely cause of an error, by the journals and the output that it carries. */
export function likelyCauseOf(error: K8supError): KnownCause | undefined {
  return fromHosts.has(error.kind) ? likelyCause(error.output ?? error.why ?? '') : undefined;
}
