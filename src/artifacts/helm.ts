import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { K8supError } from '../errors/k8sup-error.ts';
import { runProgram } from './program.ts';

/** A chart, and what it is rendered with. */
export interface ChartRun {
  /** Path of the helm program. */
  readonly helm: string;
  /** Path of the chart's package. */
  readonly chart: string;
  /** For messages, for example `kube-ovn 1.16.2`. */
  readonly title: string;
  readonly release: string;
  readonly namespace: string;
  /** The version that templates see, for example `1.36.3`. */
  readonly kubernetes: string;
  /** APIs, beside those of Kubernetes, that templates see as served, for example `monitoring.coreos.com/v1`. */
  readonly apiVersions?: readonly string[];
  /** Over the chart's own. They may hold secrets: they go by standard input. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Rendering is work of a second; a chart that loops must not hold the run. */
const limitMs = 60_000;

/**
 * Renders a chart as `helm install` would, custom resource definitions included and hooks left out, without a cluster: templates that look objects up find none. helm sees
 * neither the user's settings of helm and kubectl nor a way to the network, and what it writes goes away with it.
 *
 * @returns documents of YAML.
 * @throws K8supError `CHART_NOT_RENDERED` with helm's own words; the signal's reason when it was aborted.
 */
export async function renderWithHelm(run: ChartRun, signal: AbortSignal): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'k8sup-helm-'));
  try {
    const result = await runProgram(run.helm, helmArguments(run), {
      signal,
      timeoutMs: limitMs,
      cwd: home,
      ownEnv: true,
      env: helmEnvironment(home),
      // JSON is YAML too.
      input: JSON.stringify(run.values),
    });
    if (result.ok) return result.stdout;
    throw new K8supError({
      code: 'CHART_NOT_RENDERED',
      kind: 'artifact',
      what: `helm could not render the chart of ${run.title}`,
      why: result.reason,
      fix: 'where it names a value, look at the settings of the network; else use a version of the chart that k8sup knows',
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function helmArguments(run: ChartRun): readonly string[] {
  const apis = (run.apiVersions ?? []).flatMap((api) => ['--api-versions', api]);
  const place = ['--namespace', run.namespace, '--kube-version', run.kubernetes, ...apis];
  return ['template', run.release, run.chart, ...place, '--include-crds', '--no-hooks', '--values', '-'];
}

/** A proxy that refuses every connection: helm has no switch to stay off the network. */
function helmEnvironment(home: string): Readonly<Record<string, string>> {
  const nowhere = 'http://127.0.0.1:9';
  return {
    HOME: home,
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
    KUBECONFIG: '/dev/null',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
  };
}
