import { readFile } from 'node:fs/promises';
import type { ArtifactId } from '../../artifacts/index.ts';
import { helmArtifact, renderWithHelm } from '../../artifacts/index.ts';
import type { StageContext } from '../../engine/stage.ts';
import type { UpstreamFile } from '../../inventory/plugin.ts';
import type { Manifest } from './manifest.ts';
import { readManifest } from './read.ts';

/** What of a stage's context upstream's files are gotten with. */
export type UpstreamContext = Pick<StageContext, 'artifacts' | 'inventory' | 'signal'>;

/** A chart, and what it is rendered with. */
export interface Chart {
  readonly file: UpstreamFile;
  readonly release: string;
  readonly namespace: string;
  /** Over the chart's own. */
  readonly values: Readonly<Record<string, unknown>>;
  /** APIs, beside those of Kubernetes, that its templates see as served. */
  readonly apiVersions?: readonly string[];
}

/**
 * A manifest of upstream's as objects.
 *
 * @param namespace - of namespaced objects that name none.
 * @throws K8supError as {@link Artifacts.get} and {@link readManifest} do.
 */
export async function upstreamManifest(
  context: UpstreamContext,
  file: UpstreamFile,
  namespace = 'kube-system',
): Promise<Manifest> {
  const { path } = await context.artifacts.get(artifactOf(file), context.signal);
  return readManifest(await readFile(path, 'utf8'), file, namespace);
}

/**
 * A chart of upstream's, rendered on the controller, as objects. Its hooks are not among them: they are work that helm does once, before or after an
 * install, an upgrade or a removal, and k8sup makes objects what they are to be at every run.
 *
 * @throws K8supError as {@link Artifacts.get} and {@link readManifest} do, and `CHART_NOT_RENDERED`.
 */
export async function upstreamChart(context: UpstreamContext, chart: Chart): Promise<Manifest> {
  const { artifacts, inventory, signal } = context;
  const { file, ...what } = chart;
  const [helm, archive] = [await artifacts.get(helmArtifact(), signal), await artifacts.get(artifactOf(file), signal)];
  const kubernetes = inventory.cluster.versions.kubernetes;
  const title = `${file.component} ${file.version}`;
  const text = await renderWithHelm({ ...what, helm: helm.path, chart: archive.path, title, kubernetes }, signal);
  return readManifest(text, file, chart.namespace);
}

function artifactOf(file: UpstreamFile): ArtifactId {
  return { ...file, architecture: 'noarch' };
}
