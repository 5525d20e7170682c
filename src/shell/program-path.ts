import { rawShell } from './sh.ts';
import type { Sh } from './sh.ts';

/**
 * Lets `command -v` also find charon, which distributions keep off the path; these are the folders where flanneld looks for it.
 */
export const searchMore: Sh = rawShell(
  'PATH=$PATH:/usr/lib/strongswan:/usr/lib/ipsec:/usr/libexec/strongswan:/usr/libexec/ipsec',
);
