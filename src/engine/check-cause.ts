import { likelyCause } from '../causes/causes.ts';
import type { CheckResult } from './events.ts';

/**
 * A failed check with the known cause that shows in its own result, or else in what pods and units said meanwhile.
 *
 * @param outputs - the first one in which a cause shows counts. What may pass by itself does not: it need not have to do with the check.
 */
export function withCause(check: CheckResult, outputs: readonly string[] = []): CheckResult {
  if (check.ok) return check;
  const known =
    likelyCause(check.result) ?? outputs.map(likelyCause).find((one) => one !== undefined && one.weak === undefined);
  return known === undefined ? check : { ...check, cause: known.code, why: known.cause, fix: known.fix };
}
