import * as z from 'zod';
import type { Path } from '../path.ts';

/** One key of the inventory as the schema knows it. */
export interface Field {
  /** Keys from the top; `[]` stands for an item of a list. */
  readonly path: readonly string[];
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
  /** The default as it would be written, or in words where it comes from other values. */
  readonly standard?: string;
}

/** All keys below a schema, parents before children. */
export function fieldsOf(schema: z.ZodType, path: readonly string[] = []): readonly Field[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return fieldsOf(inner.element as z.ZodType, [...path, '[]']);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, value]) => {
    const here = [...path, key];
    return [describeField(value, here), ...fieldsOf(value, here)];
  });
}

/** The keys that are known at a place of the inventory; empty where they are free. */
export function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let inner = unwrap(schema);
  for (const part of path) {
    const next = child(inner, part);
    if (next === undefined) return [];
    inner = unwrap(next);
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function child(schema: z.ZodType, part: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, z.ZodType>)[String(part)];
  return undefined;
}

function describeField(schema: z.ZodType, path: readonly string[]): Field {
  const meta = schema.meta() ?? {};
  const standard = meta['standard'] ?? (meta.default === undefined ? undefined : JSON.stringify(meta.default));
  return {
    path,
    type: typeName(unwrap(schema)),
    required: !(schema instanceof z.ZodOptional),
    description: meta.description ?? '',
    ...(typeof standard === 'string' ? { standard } : {}),
  };
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

function typeName(schema: z.ZodType): string {
  if (schema instanceof z.ZodEnum) return schema.options.join(' \\| ');
  if (schema instanceof z.ZodArray) return `list of ${typeName(unwrap(schema.element as z.ZodType))}`;
  if (schema instanceof z.ZodRecord) return `map of ${typeName(unwrap(schema.valueType as z.ZodType))}`;
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => typeName(option as z.ZodType)).join(' \\| ');
  if (schema instanceof z.ZodObject) return 'section';
  if (schema instanceof z.ZodUnknown) return 'anything';
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'true \\| false';
  return schema instanceof z.ZodNull ? 'null' : 'text';
}
