import { configurations } from './configurations.ts';
import type { Case } from './model.ts';
import { profiles } from './profiles.ts';
import { requests, signed } from './requests.ts';
import { alternatives, keys, newAuthorities, subjects } from './subjects.ts';

/** Everything that k8sup is compared with cfssl by. */
export const cases: readonly Case[] = [
  ...keys,
  ...newAuthorities,
  ...subjects,
  ...alternatives,
  ...profiles,
  ...configurations,
  ...requests,
  ...signed,
];
