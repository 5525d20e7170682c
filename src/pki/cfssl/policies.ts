import * as z from 'zod';

import type { CertificatePolicy } from '../der/policies.ts';

const kinds = { 'id-qt-unotice': 'notice', 'id-qt-cps': 'statement' } as const;

/** An object identifier as text. */
export const oidSchema = z
  .string()
  .regex(/^[0-2](\.(0|[1-9]\d{0,8}))+$/, 'an object identifier such as "1.3.6.1.4.1.99999.1" is expected');

const qualifierSchema = z.strictObject({
  Type: z.enum(['id-qt-unotice', 'id-qt-cps']),
  Value: z.string().min(1),
});

/** `policies` of a profile. */
export const policiesSchema = z
  .array(z.strictObject({ ID: oidSchema, Qualifiers: z.array(qualifierSchema).optional() }))
  .transform((policies): readonly CertificatePolicy[] =>
    policies.map(({ ID: oid, Qualifiers = [] }) => ({
      oid,
      qualifiers: Qualifiers.map(({ Type, Value }) => ({ kind: kinds[Type], value: Value })),
    })),
  );
