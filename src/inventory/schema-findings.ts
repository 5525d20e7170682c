import type { z } from 'zod';
import type { Finding } from './findings.ts';
import { formatPath, valueAt } from './path.ts';
import type { Path } from './path.ts';
import { fieldsOf, keysAt } from './schema/walk.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Says what the schema refused in words that need no knowledge of the schema library. */
export function explainIssue(
  issue: Issue,
  data: unknown,
  schema: z.ZodType,
  file = 'the inventory',
): readonly Finding[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const value = valueAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, schema));
    case 'invalid_type':
      return [
        value === undefined
          ? missingKey(path, file)
          : wrongType(path, typeWords[issue.expected] ?? issue.expected, value),
      ];
    case 'invalid_union':
      return [wrongType(path, 'text, a number, true, false or null', value)];
    case 'invalid_value':
      return [value === undefined ? missingKey(path, file) : notOneOf(path, value, issue.values.map(String))];
    case 'too_small':
    case 'too_big':
      return [outOfRange(path, issue, value)];
    case 'custom':
      return [{ path, ...customParams(issue.params), message: issue.message }];
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
      return [{ path, code: 'VALUE_INVALID', message: issue.message }];
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
};

const secretKeys = /^(.*password|passphrase|token|secret|sshPass|becomePassword)$/i;

function unknownKey(parent: Path, key: string, schema: z.ZodType): Finding {
  const path = [...parent, key];
  if (secretKeys.test(key)) {
    const fix = parent.includes('credentials')
      ? 'put the password alone into a file with mode 0600 and name it by passwordFile'
      : 'say where it comes from: askPassword, passwordFile or passwordCommand for SSH, askBecomePassword, becomePasswordFile or becomePasswordCommand for sudo';
    return {
      path,
      atKey: true,
      code: 'SECRET_IN_INVENTORY',
      message: 'secrets are not written into the inventory',
      fix,
    };
  }
  const where = parent.length === 0 ? 'at the top' : `in ${formatPath(parent)}`;
  const message = `there is no key ${JSON.stringify(key)} ${where}`;
  const finding: Finding = { path, atKey: true, code: 'UNKNOWN_KEY', message };
  const known = keysAt(schema, parent);
  const near = suggest(key, known);
  if (near !== undefined) return { ...finding, meant: [...parent, near], fix: `did you mean ${JSON.stringify(near)}?` };
  const fix = rightPlace(key, schema) ?? (known.length > 0 ? `known here: ${known.join(', ')}` : undefined);
  return fix === undefined ? finding : { ...finding, fix };
}

/** Where else in the inventory the key is known, if that says enough. */
function rightPlace(key: string, schema: z.ZodType): string | undefined {
  const owners = fieldsOf(schema)
    .filter((field) => field.path.at(-1) === key)
    .map((field) => field.path.slice(0, -1).join('.').replaceAll('.[]', '[]') || 'the top');
  return owners.length >= 1 && owners.length <= 3 ? `it belongs to ${owners.join(' or ')}` : undefined;
}

function missingKey(path: Path, file: string): Finding {
  const key = String(path.at(-1));
  if (path.length === 0) {
    const fix = 'k8sup init writes a commented one';
    return { path, code: 'INVENTORY_EMPTY', message: 'the inventory is empty', fix };
  }
  const owner = path.length === 1 ? file : formatPath(path.slice(0, -1));
  return { path, code: 'MISSING_KEY', message: `${owner} has no ${JSON.stringify(key)}`, fix: `add ${key}:` };
}

function wrongType(path: Path, expected: string, value: unknown): Finding {
  const message = `this must be ${expected}, but is ${describe(value)}`;
  const finding: Finding = { path, code: 'WRONG_TYPE', message };
  if (expected !== 'text' || (typeof value !== 'number' && typeof value !== 'boolean')) return finding;
  const isVersion = /version$/i.test(String(path.at(-1)));
  const fix = isVersion ? 'write the whole version, for example "1.36.3"' : `put it in quotes: "${String(value)}"`;
  return { ...finding, fix };
}

function describe(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  return `${typeof value === 'string' ? 'the text' : 'the value'} ${JSON.stringify(value)}`;
}

function notOneOf(path: Path, value: unknown, values: readonly string[]): Finding {
  const near = typeof value === 'string' ? suggest(value, values) : undefined;
  return {
    path,
    code: 'VALUE_INVALID',
    message: `${JSON.stringify(value)} is not one of ${values.join(', ')}`,
    ...(near === undefined ? {} : { fix: `did you mean ${JSON.stringify(near)}?` }),
  };
}

function outOfRange(path: Path, issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): Finding {
  if (typeof value !== 'number') return { path, code: 'VALUE_INVALID', message: 'this must not be empty' };
  const limit = issue.code === 'too_small' ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`;
  return { path, code: 'OUT_OF_RANGE', message: `${String(value)} must be ${limit}` };
}

function customParams(params: Record<string, unknown> | undefined): { code: string; fix?: string } {
  const code = typeof params?.['code'] === 'string' ? params['code'] : 'VALUE_INVALID';
  return typeof params?.['fix'] === 'string' ? { code, fix: params['fix'] } : { code };
}
