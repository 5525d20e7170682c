import { sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';

/** Stands in a plan for what can only be known after an earlier stage was applied, and says why. */
export function pending(name: string, reason: string): Resource<undefined> {
  return {
    id: `pending:${name}`,
    pending: reason,
    probe: sh`:`,
    parse: () => undefined,
    diff: () => [{ path: 'known after apply', from: 'unknown', to: reason, effect: 'create' }],
    apply: { script: sh`echo ${`still unknown: ${reason}`}; exit 1` },
  };
}
