export { waitForTokens, waitForTrust } from './pod-volumes.ts';
export { rewriteSecrets } from './rewrite-secrets.ts';
export { legacyTokens } from './token-key.ts';
export { type Holder, holdersSince, restartWorkloads } from './workloads.ts';
