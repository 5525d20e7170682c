/** An entry of a tar archive; names are relative and have no slash at the end. */
export type TarEntry =
  | { readonly type: 'file'; readonly name: string; readonly mode: number; readonly data: Buffer }
  | { readonly type: 'directory'; readonly name: string; readonly mode: number }
  | { readonly type: 'link'; readonly name: string; readonly target: string };

const blockSize = 512;

/**
 * Writes a tar archive in the ustar format of POSIX.1-1988. The same entries give the same bytes: owner is root and times are the given one.
 *
 * @param mtime - seconds since 1970, for every entry.
 * @throws RangeError for a name or link target that ustar's 100 bytes cannot hold.
 */
export function tar(entries: readonly TarEntry[], mtime: number): Buffer {
  const pieces = entries.flatMap((entry) => {
    const data = entry.type === 'file' ? entry.data : Buffer.alloc(0);
    return [header(entry, data.length, mtime), data, Buffer.alloc(padding(data.length))];
  });
  // Two empty blocks end an archive.
  return Buffer.concat([...pieces, Buffer.alloc(2 * blockSize)]);
}

function header(entry: TarEntry, size: number, mtime: number): Buffer {
  const block = Buffer.alloc(blockSize);
  putText(block, 0, entry.type === 'directory' ? `${entry.name}/` : entry.name);
  putOctal(block, 100, 8, entry.type === 'link' ? 0o777 : entry.mode);
  putOctal(block, 108, 8, 0);
  putOctal(block, 116, 8, 0);
  putOctal(block, 124, 12, size);
  putOctal(block, 136, 12, mtime);
  block.write({ file: '0', link: '2', directory: '5' }[entry.type], 156, 'latin1');
  if (entry.type === 'link') putText(block, 157, entry.target);
  block.write('ustar\u000000root', 257, 'latin1');
  block.write('root', 297, 'latin1');
  putChecksum(block);
  return block;
}

function putText(block: Buffer, offset: number, text: string): void {
  if (Buffer.byteLength(text) > 100) throw new RangeError(`longer than the 100 bytes of a ustar name: ${text}`);
  block.write(text, offset, 'utf8');
}

function putOctal(block: Buffer, offset: number, length: number, value: number): void {
  const digits = value.toString(8).padStart(length - 1, '0');
  if (digits.length > length - 1) throw new RangeError(`too large for a field of ${length} bytes in ustar: ${value}`);
  block.write(digits, offset, 'latin1');
}

/** The sum of all bytes of the header, its own field counted as blanks. */
function putChecksum(block: Buffer): void {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
