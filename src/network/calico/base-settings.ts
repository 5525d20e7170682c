import * as z from 'zod';
import { derived, mtu, optional, port, text, version } from '../../inventory/schema/fields.ts';

/** The release whose files k8sup's edits are written for. */
export const calicoVersion = '3.32.1';

const sha256 = text({
  code: 'SHA256_INVALID',
  pattern: /^[0-9a-f]{64}$/,
  expected: 'a sha256 in 64 hexadecimal digits',
});

const felixName = text({
  code: 'FELIX_NAME_INVALID',
  pattern: /^[a-z][A-Za-z0-9]*$/,
  expected: 'a field of a FelixConfiguration',
  fix: 'write it as in its spec, for example "iptablesRefreshInterval"',
});

const imagePrefix = text({
  code: 'IMAGE_NAME_INVALID',
  pattern: /^[a-z0-9][a-zA-Z0-9._:/-]*[a-zA-Z0-9]$/,
  expected: 'a registry, or a registry and a path',
});

const endpointActions = ['accept', 'drop', 'return'] as const;
const logLevels = ['debug', 'info', 'warning', 'error'] as const;

export const commonStandard = {
  version: calicoVersion,
  allowIPForwarding: false,
  endpointToHost: 'accept',
  healthPort: 9099,
  metrics: false,
  metricsPort: 9091,
  logLevel: 'info',
  felix: {},
  images: {},
} as const;

/** What Calico and Canal have in common: Felix, the CNI plugin and the images. */
export const commonShape = {
  version: optional(version, "Version of Calico's release", commonStandard.version),
  manifestSha256: derived(
    sha256,
    "sha256 of the release's manifest, for a version that k8sup does not know",
    'known for the default version',
  ),
  mtu: derived(mtu, 'MTU of pods and tunnels', "detected on each node from its interfaces'"),
  allowIPForwarding: optional(
    z.boolean(),
    'Let pods forward packets (allow_ip_forwarding in the CNI configuration)',
    commonStandard.allowIPForwarding,
  ),
  endpointToHost: optional(
    z.enum(endpointActions),
    "What becomes of packets from a pod to its own node, after the pod's policies",
    commonStandard.endpointToHost,
  ),
  healthPort: optional(port, "Port of Felix's health, on the loopback", commonStandard.healthPort),
  metrics: optional(z.boolean(), "Serve Felix's Prometheus metrics on every node", commonStandard.metrics),
  metricsPort: optional(port, 'Port of these metrics', commonStandard.metricsPort),
  logLevel: optional(z.enum(logLevels), 'Log level of all parts', commonStandard.logLevel),
  felix: optional(
    z.record(felixName, z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))])),
    'More settings of Felix, by their names in a FelixConfiguration',
    commonStandard.felix,
  ),
  images: optional(
    z.record(imagePrefix, imagePrefix),
    'Replacements of the beginning of image names, for example "quay.io/calico" by "registry.example.com/calico"',
    commonStandard.images,
  ),
};

export interface CommonSettings {
  readonly version: string;
  readonly manifestSha256?: string;
  /** Undefined: detected. */
  readonly mtu?: number;
  readonly allowIPForwarding: boolean;
  readonly endpointToHost: (typeof endpointActions)[number];
  readonly healthPort: number;
  readonly metrics: boolean;
  readonly metricsPort: number;
  readonly logLevel: (typeof logLevels)[number];
  readonly felix: Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;
  readonly images: Readonly<Record<string, string>>;
}
