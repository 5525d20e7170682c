import * as z from 'zod';
import { derived, optional, text, version } from '../inventory/schema/fields.ts';

const sha256 = text({
  code: 'SHA256_INVALID',
  pattern: /^[0-9a-f]{64}$/,
  expected: 'a sha256 in 64 hexadecimal digits',
});

const imagePrefix = text({
  code: 'IMAGE_NAME_INVALID',
  pattern: /^[a-z0-9][a-zA-Z0-9._:/-]*[a-zA-Z0-9]$/,
  expected: 'a registry, or a registry and a path',
});

/** AS numbers of four bytes (RFC 6793). */
export const asNumber = z.int().min(1).max(4_294_967_295);

/** What every release of upstream's may be told, by the name of the product and the release that k8sup knows. */
export function releaseFields(title: string, standard: string) {
  return {
    version: optional(version, `Version of ${title}'s release`, standard),
    sha256: derived(
      sha256,
      "sha256 of the release's file, for a version that k8sup does not know",
      'known or published',
    ),
    images: optional(
      z.record(imagePrefix, imagePrefix),
      'Replacements of the beginning of image names, for example "docker.io" by "registry.example.com/mirror"',
      {},
    ),
  };
}
