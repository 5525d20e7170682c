import * as z from 'zod';

/** What is said when a text breaks its rule; `code` is the problem's stable code. */
export interface TextRule {
  readonly code: string;
  readonly pattern: RegExp;
  /** Completes "X is not …". */
  readonly expected: string;
  readonly fix?: string;
  readonly maxLength?: number;
}

/** A key that may be left out. The default is an annotation alone: a later step fills it in, so that the schema stays free of transforms. */
export function optional<T extends z.ZodType>(schema: T, description: string, standard?: unknown): z.ZodOptional<T> {
  return schema.optional().meta({ description, ...(standard === undefined ? {} : { default: standard }) });
}

/** As {@link optional}, where the value comes from others: `standard` is said in words and shown to readers only. */
export function derived<T extends z.ZodType>(schema: T, description: string, standard: string): z.ZodOptional<T> {
  return schema.optional().meta({ description, standard });
}

/** A string checked by a pattern that editors see too. */
export function text(rule: TextRule): z.ZodString {
  const { code, fix, expected, pattern, maxLength } = rule;
  return z
    .string()
    .refine((value) => pattern.test(value) && value.length <= (maxLength ?? Infinity), {
      error: (issue) => `${JSON.stringify(issue.input)} is not ${expected}`,
      params: { code, ...(fix === undefined ? {} : { fix }) },
    })
    .meta({ pattern: pattern.source, ...(maxLength === undefined ? {} : { maxLength }) });
}

const label63 = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';

export const hostName = text({
  code: 'HOST_NAME_INVALID',
  pattern: new RegExp(`^${label63}(\\.${label63})*$`),
  expected: 'a host name as RFC 1123 and Kubernetes want it',
  fix: 'use lower-case letters, digits, "-" and ".", beginning and ending with a letter or a digit, 63 characters at most',
  maxLength: 63,
});

export const clusterName = text({
  code: 'CLUSTER_NAME_INVALID',
  pattern: new RegExp(`^${label63}$`),
  expected: 'a cluster name',
  fix: 'use lower-case letters, digits and "-", 63 characters at most: it names a folder and a kubeconfig context',
});

export const dnsName = text({
  code: 'DNS_NAME_INVALID',
  pattern: new RegExp(`^${label63}(\\.${label63})*$`),
  expected: 'a DNS name or an address',
  maxLength: 253,
});

/** IPv6 addresses pass by their shape: what is none is told by SSH. */
export const sshHostName = text({
  code: 'DNS_NAME_INVALID',
  pattern: new RegExp(`^(${label63}(\\.${label63})*|[0-9a-f:.]*:[0-9a-f:.]*)$`),
  expected: 'a DNS name or an address',
  maxLength: 253,
});

export const version = text({
  code: 'VERSION_INVALID',
  pattern: /^v?(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/,
  expected: 'a whole version',
  fix: 'write all three numbers, for example "1.36.3"',
});

/** Kubernetes resource quantity in bytes, binary suffixes only. */
export const binarySize = text({
  code: 'SIZE_INVALID',
  pattern: /^[1-9]\d*(Ki|Mi|Gi)$/,
  expected: 'a size',
  fix: 'write a number and Ki, Mi or Gi, for example "10Mi"',
});

export const hours = text({
  code: 'DURATION_INVALID',
  pattern: /^[1-9]\d*(h|d|y)$/,
  expected: 'a duration',
  fix: 'write a whole number and h, d (24h) or y (365d), for example "8760h"',
});

export const absolutePath = text({
  code: 'PATH_NOT_ABSOLUTE',
  pattern: /^\/(?!.*\/\.\.?(\/|$))[^\s'"\\]*$/,
  expected: 'an absolute path without "..", blanks or quotes',
});

export const url = text({
  code: 'URL_INVALID',
  pattern: /^https?:\/\/[^\s/]+(\/\S*)?$/,
  expected: 'a URL',
  fix: 'begin it with http:// or https://',
});

export const registryHost = text({
  code: 'REGISTRY_INVALID',
  pattern: /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/,
  expected: 'a registry host',
  fix: 'write the host and, where needed, its port, without a scheme or a path: "registry.example.com:5000"',
});

export const imageName = text({
  code: 'IMAGE_NAME_INVALID',
  pattern: /^[a-z0-9][a-zA-Z0-9._:/@-]*$/,
  expected: 'an image name',
});

/** A file on the controller. */
export const localFile = z.string().min(1);

export const port = z.int().min(1).max(65535);

export const mtu = z.int().min(576).max(65535);

export const interfaceName = text({
  code: 'INTERFACE_INVALID',
  pattern: /^[^\s/]{1,15}$/,
  expected: 'the name of a network interface',
});
