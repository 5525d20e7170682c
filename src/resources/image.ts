import { createReadStream } from 'node:fs';
import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { damagedCopyAdvice } from './file.ts';
import { stateDir } from './ownership.ts';
import type { Resource } from './define.ts';

/** An image tarball (docker-archive or OCI) that a runtime must have. */
export interface ImageSpec {
  /** Names in the archive, for example `registry.k8s.io/pause:3.10`. */
  readonly names: readonly string[];
  /** Of the tarball, uncompressed. */
  readonly sha256: string;
  readonly runtime: 'containerd' | 'docker';
  /** The runtime's client: `ctr` or `docker`. */
  readonly client: string;
  readonly upload: { readonly path: string; readonly length: number; readonly compression: 'zstd' | 'gzip' };
}

interface ImageState {
  readonly present: readonly string[];
  /** The tarball that was loaded last under the first of these names. */
  readonly loaded: string;
}

const loadedImages = `${stateDir}/images`;

/** Keeps an image in the runtime's store: loaded again when it was removed, or when the tarball behind its name is another. */
export function image(spec: ImageSpec): Resource<ImageState> {
  const [name = ''] = spec.names;
  const unpack = spec.upload.compression === 'zstd' ? 'zstd -q -dc' : 'gzip -dc';
  return {
    id: `image:${name}`,
    probe: sh`${listImages(spec)}
echo --; awk -v n=${name} '$1 == n' ${loadedImages} 2>/dev/null || :`,
    parse: (output) => {
      const [images = '', record = ''] = output.split('--\n');
      return { present: images.trim().split('\n'), loaded: record.trim().split(' ')[1] ?? '' };
    },
    diff: (state) => {
      const missing = spec.names.filter((wanted) => !state.present.includes(wanted));
      if (missing.length > 0) return [{ path: 'image', from: 'absent', to: missing.join(', '), effect: 'create' }];
      if (state.loaded === spec.sha256) return [];
      return [
        {
          path: 'image',
          from: state.loaded.slice(0, 12) || 'not from k8sup',
          to: spec.sha256.slice(0, 12),
          effect: 'update',
        },
      ];
    },
    apply: {
      script: sh`t=${`${stateDir}/image.tar`}
trap 'rm -f "$t"' EXIT
trap 'exit 1' HUP INT TERM
head -c "$1" | ${rawShell(unpack)} > "$t" || :
set -- "$(sha256sum < "$t")"
if [ "$1" != ${`${spec.sha256}  -`} ]; then echo "the upload is damaged: sha256 $1"${damagedCopyAdvice(spec.upload)}; exit 1; fi
${loadImage(spec)}
touch ${loadedImages}
{ awk -v n=${name} '$1 != n' ${loadedImages}; echo ${`${name} ${spec.sha256}`}; } > ${`${loadedImages}.new`}
mv -f ${`${loadedImages}.new`} ${loadedImages}`,
      contents: [
        {
          length: spec.upload.length,
          path: spec.upload.path,
          open: () => createReadStream(spec.upload.path, { highWaterMark: 1 << 18 }),
        },
      ],
      timeoutSeconds: 600,
    },
  };
}

/** Docker lists short names for images of its own hub; the inventory's full ones are compared, so they are asked for one by one. */
function listImages(spec: ImageSpec): Sh {
  if (spec.runtime === 'containerd') return sh`${spec.client} -n k8s.io images ls -q 2>/dev/null || :`;
  return sh`for name in ${spec.names}; do ${spec.client} image inspect "$name" >/dev/null 2>&1 && echo "$name"; done || :`;
}

function loadImage(spec: ImageSpec): Sh {
  if (spec.runtime === 'containerd') return sh`${spec.client} -n k8s.io images import --digests=false "$t" >/dev/null`;
  return sh`${spec.client} load -q -i "$t" >/dev/null`;
}
