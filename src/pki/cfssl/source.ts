import { z } from 'zod';

import { messageOf } from '../../errors/k8sup-error.ts';
import { pkiError, type PkiErrorCode } from '../pki-error.ts';
import { parseDuration } from './duration.ts';

/** Text of a JSON file, with the name that errors call it by. */
export interface JsonSource {
  readonly name: string;
  readonly text: string;
}

/** A lifetime in Go's form, turned into milliseconds. */
export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is no duration above zero, such as "8760h" or "1h30m"` });
  return z.NEVER;
});

/** Reads JSON by a schema. @throws K8supError with the given code, naming every field that is wrong. */
export function readJson<T extends z.ZodType>(source: JsonSource, schema: T, code: PkiErrorCode): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch (error) {
    throw pkiError(code, `${source.name} is no JSON`, { why: messageOf(error), fix: 'correct the file', cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw pkiError(code, `${source.name} is not as CFSSL's format, or asks for what k8sup does not support`, {
    why: z.prettifyError(result.error),
    fix: 'correct the fields named above; pki/README.md lists what is supported',
  });
}
