/** First and last Kubernetes minor (`1.x`) that has something; an open end has no bound. */
interface Span {
  readonly since?: number;
  readonly until?: number;
}

/** What differs between Kubernetes releases, as far as it changes what k8sup writes. */
const spans = {
  /** kubelet drives Docker itself; `--network-plugin` and `--cni-*` exist (Kubernetes' own "Dockershim removal" page). */
  dockershim: { until: 23 },
  /** `--container-runtime=remote` is needed for a CRI runtime. */
  containerRuntimeFlag: { until: 23 },
  /** `containerRuntimeEndpoint` is a field of KubeletConfiguration; before, a flag. */
  runtimeEndpointField: { since: 27 },
  /** The sandbox image is named to the kubelet, or its garbage collection removes it; the flag is unknown from 1.35. */
  podInfraImageFlag: { until: 34 },
  /** controller-manager and scheduler would serve plain HTTP on all addresses without `--port=0`; the flag is unknown from 1.24. */
  insecurePortFlag: { until: 23 },
  /** `registerWithTaints` is a field of KubeletConfiguration in each of these; the flag works in older ones. */
  registerWithTaintsField: { since: 24 },
  /**
   * Masters are marked as `master`, by label (beside `control-plane`) and taint, as kubeadm does; its add-ons of that age tolerate that taint alone.
   * From 1.24 both taints are known to add-ons and the label is gone (KEP-2067).
   */
  masterMark: { until: 23 },
  /** `seccompDefault` is stable; before, it needs a feature gate. */
  seccompDefault: { since: 27 },
  /** `failCgroupV1` is known; from 1.35 its default is true. */
  failCgroupV1Field: { since: 31 },
  /** AuthenticationConfiguration can limit anonymous requests to paths (feature gate on by default). */
  anonymousPaths: { since: 32 },
  /** apiserver.config.k8s.io/v1 has AuthenticationConfiguration. */
  authenticationConfigV1: { since: 34 },
  policyV1: { since: 21 },
  /** `IPv6DualStack` is on by default, and so kubelets take two addresses; before, it is alpha and off. */
  dualStack: { since: 21 },
  /** CNI configurations of version 1.0.0 are understood by what the kubelet or runtime embeds. */
  cniVersion1: { since: 24 },
} as const satisfies Record<string, Span>;

export type ReleaseFeature = keyof typeof spans;

/** All features of the table, for tests and for documentation. */
export const releaseFeatures = Object.keys(spans) as readonly ReleaseFeature[];

/**
 * Whether a Kubernetes release has something that changes what k8sup writes.
 *
 * @param version - for example `1.36.3`
 */
export function releaseHas(version: string, feature: ReleaseFeature): boolean {
  const { since = 0, until = Number.POSITIVE_INFINITY }: Span = spans[feature];
  const minor = kubernetesMinor(version);
  return since <= minor && minor <= until;
}

/** The `36` of `1.36.3`. */
export function kubernetesMinor(version: string): number {
  const minor = /^v?1\.(\d+)(?:\.|$)/.exec(version)?.[1];
  if (minor === undefined) throw new Error(`not a Kubernetes 1.x version: ${version}`);
  return Number(minor);
}

/** Major and minor of any dotted version, for comparing: `[2, 2]` of `2.2.0`. */
function majorMinor(version: string): readonly [number, number] {
  const match = /^v?(\d+)\.(\d+)(?:\.|$)/.exec(version);
  if (match === null) throw new Error(`not a version: ${version}`);
  return [Number(match[1]), Number(match[2])];
}

/** True if `version` is `major.minor` or newer. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor, ownMinor] = majorMinor(version);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
