/** The public face of the PKI: keys, certificates, their store, CFSSL's formats, and the judgement of kubelets' requests. */
export {
  type Authorities,
  type Authority,
  type EnsureOptions,
  ensureAuthorities,
  keptThings,
  type ServiceAccountKeys,
} from './authorities.ts';
export { type AuthorityName, authorityNames } from './authority.ts';
export type { EncryptionKey } from './encryption-key.ts';
export { finishRotation, type Kept, startRotation } from './kept.ts';
export {
  type Phase,
  phases,
  readRotations,
  rotatable,
  type Rotatable,
  type Rotation,
  type Rotations,
  writeRotation,
} from './rotation.ts';
export { type Certificate, commonNameOf, isSignedBy, readCertificate, readCertificates } from './certificate.ts';
export { certificateText, kubeconfigText } from './certificate-text.ts';
export { certInfo, type CertInfo, daysLeft, type NameJson } from './certinfo.ts';
export { bundle, type BundleOptions } from './cfssl/bundle.ts';
export { csrInfo } from './cfssl/csr-info.ts';
export { defaultFiles } from './cfssl/defaults.ts';
export { certificateOf } from './cfssl/domain.ts';
export { authorityWithKey, gencert, type GencertOptions, type GencertResult, genkey } from './cfssl/gencert.ts';
export { gencrl, type GencrlOptions } from './cfssl/gencrl.ts';
export { renewAuthority, selfsign, type SelfsignOptions } from './cfssl/selfsign.ts';
export { sign, type SignOptions } from './cfssl/sign.ts';
export type { JsonSource } from './cfssl/source.ts';
export {
  bootstrapGroup,
  bootstrapTokenFileUser,
  type CsrHost,
  type CsrObject,
  type CsrPurpose,
  judgeCsr,
  type Judgement,
} from './csr/judge.ts';
export { type CsrResult, type ParsedCsr, parseCsr, printable } from './csr/parse.ts';
export { type ServingForm, servingForms } from './csr/serving-forms.ts';
export { authoritiesInUse, type ClusterPki, openClusterPki, refuseWaiting } from './cluster-pki.ts';
export { ensureLeaves, type Leaf, leafOf } from './ensure-leaves.ts';
export type { IssueReason } from './judge-leaf.ts';
export { kubeconfig, type KubeconfigOptions } from './kubeconfig.ts';
export { type LeafKind, leafKinds, type LeafName, type LeafPlace, leafPlaces } from './leaves.ts';
export { isNearEnd, type Life } from './renewal.ts';
export { importAuthority } from './import-authority.ts';
export type { BroughtAuthority } from './judge-authority.ts';
export { importSigned, type SignedImport } from './import-signed.ts';
export { type Layout, layouts } from './layout.ts';
export { type NextAuthority, startAuthorityRotation } from './next-authority.ts';
export { takeOver, type TakenOver } from './take-over.ts';
export {
  askedFor,
  howToSign,
  requestFiles,
  requestsFolder,
  requestsWait,
  waitText,
  type WaitingLeaf,
  type WaitingRequest,
  writeRequests,
} from './requests.ts';
export { leafFiles, leafName, offlineLeaves, type WantedLeaf } from './wanted-leaves.ts';
export { wasComplete } from './once.ts';
export { openStore, type Store } from './store.ts';
export { type Folder, openFolder, type StoreFile } from './folder.ts';
export { type KeySources, type NamedText, type StoreKey, storeKey } from './store-key.ts';
export { decryptStore, encryptStore, isSecret, type SealFor } from './seal.ts';
export { encryptFor, encryptWithPassphrase, isAge } from './age.ts';
export { type Backup, readBackup, writeBackup } from './backup.ts';
export { userRequest } from './user-request.ts';
export { mergeKubeconfig } from './merge-kubeconfig.ts';
