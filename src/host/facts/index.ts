export { clusterMarkPath, factsScript } from './script.ts';
export { parseFacts } from './parse.ts';
export { sysctlFile } from './parse-network.ts';
export { packageOf, programsFor } from './programs.ts';
export type { ProgramPackage } from './programs.ts';
export { portsOf } from './ports.ts';
export { diskNeeds } from './disk.ts';
export type { DiskNeed } from './disk.ts';
