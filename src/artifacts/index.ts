export type { Architecture, ArtifactId, Artifacts, CompressedArtifact, LocalArtifact } from './artifact.ts';
export { fetchAll, listArtifacts } from './list.ts';
export type { ArtifactRow, ListOptions } from './list.ts';
export { architectureOf, artifactIds } from './needed.ts';
export { openArtifacts } from './open-artifacts.ts';
export type { ArtifactOptions } from './open-artifacts.ts';
export { describeImageArchive } from './image-archive.ts';
export type { ImageArchive } from './image-archive.ts';
