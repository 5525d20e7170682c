import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { kernelParts } from '../../src/host/facts/kernel-parts.ts';
import type { Inventory } from '../../src/inventory/model.ts';

const config = '/proc/config.gz';

/** What a network needs of this machine's kernel, which is that of a lab's hosts, and the kernel has not; undefined where nothing is missing, or where it does not tell. */
export function kernelLacks({ cluster }: Inventory): string | undefined {
  if (!existsSync(config)) return undefined;
  const built = gunzipSync(readFileSync(config)).toString();
  const missing = cluster.network.needs.kernel
    .map(({ module }) => module)
    .filter((module) => {
      const part = kernelParts.find((one) => one.module === module);
      return part !== undefined && !new RegExp(`^CONFIG_${part.config}=[ym]$`, 'm').test(built);
    });
  return missing.length === 0 ? undefined : `this kernel lacks ${[...new Set(missing)].join(', ')}`;
}
