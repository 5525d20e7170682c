import { createReadStream } from 'node:fs';
import { rawShell, sh } from '../shell/sh.ts';
import { damagedCopyAdvice, diffFile, installFile, octal, parseFile, probeFile } from './file.ts';
import type { FileState } from './file.ts';
import type { Resource } from './define.ts';

/** A big file that lies on the controller. */
export interface BinarySpec {
  readonly path: string;
  readonly sha256: string;
  readonly mode: number;
  /** `user:group`; default `root:root`. */
  readonly owner?: string;
  /** What is sent: a file on the controller and its length in bytes. */
  readonly upload: { readonly path: string; readonly length: number; readonly compression: keyof typeof unpacking };
}

/** Makes the file of what is sent. */
const unpacking = { zstd: '| zstd -q -dc', gzip: '| gzip -dc', none: '' } as const;

const hashes = '/var/lib/k8sup/hashes';

/**
 * Keeps a big file. Its hash is trusted while inode, size, mtime and ctime are those recorded after the last verified hash, so a run without
 * changes reads no hundred megabytes.
 */
export function binary(spec: BinarySpec): Resource<FileState> {
  const wanted = { mode: octal(spec.mode), owner: spec.owner ?? 'root:root', sha256: spec.sha256 };
  const { upload } = spec;
  return {
    id: `binary:${spec.path}`,
    probe: probeFile(spec.path, recordedHash(spec.path)),
    recheck: probeFile(spec.path, sh`sha256sum < ${spec.path} | cut -d ' ' -f 1`),
    parse: parseFile,
    diff: (state) => diffFile(state, wanted),
    apply: {
      // What cannot be unpacked has another hash too, and that tells what to do.
      script: sh`${installFile(spec.path, wanted, rawShell(`{ head -c "$1" ${unpacking[upload.compression]} || :; }`), damagedCopyAdvice(upload))}
${recordHash(spec.path, spec.sha256)}`,
      contents: [
        {
          length: upload.length,
          path: upload.path,
          open: () => createReadStream(upload.path, { highWaterMark: 1 << 18 }),
        },
      ],
      timeoutSeconds: 600,
    },
  };
}

/** Prints the recorded hash of an unchanged file, else hashes it. */
function recordedHash(path: string): ReturnType<typeof sh> {
  return sh`id="$(${identify('')} ${path}) "
while IFS= read -r line; do case $line in "$id"*) echo "\${line##* }"; found=1; break;; esac; done 2>/dev/null < ${hashes} || :
[ -n "\${found-}" ] || sha256sum < ${path}`;
}

function recordHash(path: string, hash: string): ReturnType<typeof sh> {
  return sh`touch ${hashes}
{ grep -vF ${`${path} `} ${hashes} || :; ${identify(` ${hash}`)} ${path}; } > ${`${hashes}.new`}
mv -f ${`${hashes}.new`} ${hashes}`;
}

/** Times with their fractions: whole seconds would hide a change made right after the record. In one time zone, or moving the host would hash all anew. */
function identify(suffix: string): ReturnType<typeof sh> {
  return sh`TZ=UTC0 stat -c ${`%n %i %s %y %z${suffix}`}`;
}
