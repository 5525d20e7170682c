export { type UserCertificate, signedByCluster } from './certificate.ts';
export { type Binding, bindingsOf, bindingText, withdraw } from './rights.ts';
