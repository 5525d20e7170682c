import type { z } from 'zod';

/**
 * CFSSL's `name_whitelist`, a regular expression of Go. What Go and JavaScript read in the same way is taken, all else refused rather than
 * guessed: a whitelist that means something else lets names through.
 */
export function namePattern(text: string, context: z.RefinementCtx): RegExp | undefined {
  if (text === '') return undefined;
  const ignoreCase = text.startsWith('(?i)');
  const body = ignoreCase ? text.slice(4) : text;
  const fault = faultOf(body);
  if (fault === undefined) return new RegExp(body, ignoreCase ? 'iu' : 'u');
  context.addIssue({ code: 'custom', message: `the pattern ${JSON.stringify(text)} cannot be used: ${fault}` });
  return undefined;
}

function faultOf(body: string): string | undefined {
  if (/\(\?(?!:)/.test(body)) return 'of groups that begin with (? only (?: …) is known, and (?i) at the beginning';
  if (/\\[1-9kpP]/.test(body)) return 'classes of Unicode and references back to groups are not known';
  try {
    new RegExp(body, 'u');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
