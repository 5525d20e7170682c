import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openSink } from '../../../src/report/sink.ts';

function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
}

test('flush waits for a slow reader', async () => {
  const chunks: string[] = [];
  const slow = new Writable({
    write: (chunk, _encoding, done) => {
      setImmediate(() => {
        chunks.push(String(chunk));
        done();
      });
    },
  });
  const sink = openSink(slow);
  sink.write('one');
  sink.write('two');
  await sink.flush();
  expect(chunks.join('')).toBe('onetwo');
});

test('a reader that goes away is no error', async () => {
  const sink = openSink(failing('EPIPE'));
  sink.write('x');
  await expect(sink.flush()).resolves.toBeUndefined();
  sink.write('more');
  await expect(sink.flush()).resolves.toBeUndefined();
});

test('any other error of the stream comes out of flush', async () => {
  const sink = openSink(failing('ENOSPC'));
  sink.write('x');
  await expect(sink.flush()).rejects.toThrow('ENOSPC');
});

test('a terminal that was closed is no error, a disk that fails is one', async () => {
  const [terminal, disk] = [Object.assign(failing('EIO'), { isTTY: true }), failing('EIO')].map((stream) =>
    openSink(stream),
  );
  for (const sink of [terminal, disk]) sink?.write('x');
  await expect(terminal?.flush()).resolves.toBeUndefined();
  await expect(disk?.flush()).rejects.toThrow('EIO');
});
