export { approvePending, listPending } from './csr.ts';
export type { PendingCsr } from './csr.ts';
export { nodesReadyGate, rolloutGate } from './gates.ts';
export { joinCondition, joinNodes } from './join.ts';
export { liveNodes, nodeMetadata, nodeNames, plannedNodes } from './nodes.ts';
export { clusterObjects } from './objects.ts';
export { kubeRunner } from './runner.ts';
export type { MasterConnection, RawKubeRunner } from './runner.ts';
export { verifyCluster } from './verify/verify.ts';
