import { readFile, readdir, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { download } from '../../../src/artifacts/download.ts';
import type { Handler } from './server.ts';
import { closedUrl, directNetwork, serve, testServer } from './server.ts';
import { never, sha256, temporaryFolder } from './temporary.ts';

const content = Buffer.from('0123456789'.repeat(20_000));
const good = sha256(content);

/** A server that knows ranges, as release servers do. */
function ranged(body: Buffer, etag: string): Handler {
  return (request, response) => {
    const offset = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const fresh = request.headers['if-range'] === etag;
    if (offset === 0 || !fresh) return void response.writeHead(200, { etag, 'content-length': body.length }).end(body);
    const range = `bytes ${offset}-${body.length - 1}/${body.length}`;
    response
      .writeHead(206, { etag, 'content-range': range, 'content-length': body.length - offset })
      .end(body.subarray(offset));
  };
}

/** Sends the first bytes, and goes on with `next` when they have arrived in `part`. */
function firstBytes(part: string, next: (response: ServerResponse) => void): Handler {
  return (_request, response) => {
    response.writeHead(200, { etag: '"a"', 'content-length': content.length });
    response.write(content.subarray(0, 70_000));
    const arrived = async () => expect((await stat(part)).size).toBeGreaterThan(0);
    void vi.waitFor(arrived, { timeout: 60_000, interval: 5 }).then(() => next(response));
  };
}

test('a file appears whole and checked, with nothing beside it', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({ '/file': content }));
  const target = join(folder.path, 'deep/file');
  await expect(
    download(directNetwork(), { url: `${server.url}/file`, target, sha256: good, signal: never }),
  ).resolves.toBe(good);
  expect(await readFile(target)).toEqual(content);
  expect(await readdir(join(folder.path, 'deep'))).toEqual(['file']);
});

test('a line that was cut is gone on with where it stopped', async () => {
  await using folder = await temporaryFolder();
  const target = join(folder.path, 'file');
  await using server = await testServer(firstBytes(`${target}.part`, (response) => response.destroy()));
  const network = {
    ...directNetwork(),
    wait: () => {
      server.handle = ranged(content, '"a"');
      return Promise.resolve();
    },
  };
  await download(network, { url: `${server.url}/file`, target, sha256: good, signal: never });
  expect(await readFile(target)).toEqual(content);
  expect(server.requests[1]).toMatch(/^GET \/file bytes=[1-9]\d*-$/);
});

test('what an earlier run left is gone on with', async () => {
  await using folder = await temporaryFolder();
  await folder.write('file.part', content.subarray(0, 5000));
  await folder.write('file.validator', '"a"');
  await using server = await testServer(ranged(content, '"a"'));
  const target = join(folder.path, 'file');
  await download(directNetwork(), { url: `${server.url}/file`, target, sha256: good, signal: never });
  expect(server.requests).toEqual(['GET /file bytes=5000-']);
  expect(sha256(await readFile(target))).toBe(good);
});

test('a file that changed on the server is got from its start', async () => {
  await using folder = await temporaryFolder();
  await folder.write('file.part', 'of another file');
  await folder.write('file.validator', '"old"');
  await using server = await testServer(ranged(content, '"new"'));
  const target = join(folder.path, 'file');
  await download(directNetwork(), { url: `${server.url}/file`, target, sha256: good, signal: never });
  expect(await readFile(target)).toEqual(content);
});

test('a remainder that does not fit is thrown away and the file got once more', async () => {
  await using folder = await temporaryFolder();
  await folder.write('file.part', 'x'.repeat(5000));
  await folder.write('file.validator', '"a"');
  await using server = await testServer(ranged(content, '"a"'));
  const target = join(folder.path, 'file');
  await download(directNetwork(), { url: `${server.url}/file`, target, sha256: good, signal: never });
  expect(server.requests).toEqual(['GET /file bytes=5000-', 'GET /file']);
  expect(await readFile(target)).toEqual(content);
});

test('wrong bytes are an error that names file, expected and got, and are not kept', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({ '/file': 'other' }));
  const wanted = { url: `${server.url}/file`, target: join(folder.path, 'file'), sha256: good, signal: never };
  const error = await download(directNetwork(), wanted).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ARTIFACT_CHECKSUM', kind: 'artifact' });
  expect(error).toHaveProperty('message', expect.stringContaining(wanted.url));
  expect(error).toHaveProperty('why', `expected ${good}\ngot      ${sha256('other')}`);
  expect(await readdir(folder.path)).toEqual([]);
});

test('a missing file is asked for once', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer(serve({}));
  const wanted = { url: `${server.url}/file`, target: join(folder.path, 'file'), sha256: good, signal: never };
  await expect(download(directNetwork(), wanted)).rejects.toMatchObject({ status: 404, transient: false });
  expect(server.requests).toHaveLength(1);
});

test('an answer that can pass is tried again, but not for ever', async () => {
  await using folder = await temporaryFolder();
  await using server = await testServer((_request, response) => void response.writeHead(503).end());
  const wanted = { url: `${server.url}/file`, target: join(folder.path, 'file'), sha256: good, signal: never };
  await expect(download(directNetwork(), wanted)).rejects.toMatchObject({ status: 503 });
  expect(server.requests).toHaveLength(5);
});

test('a refused connection is not tried again', async () => {
  await using folder = await temporaryFolder();
  let waits = 0;
  const network = { ...directNetwork(), wait: () => Promise.resolve(void (waits += 1)) };
  const wanted = { url: `${await closedUrl()}/file`, target: join(folder.path, 'file'), sha256: good, signal: never };
  await expect(download(network, wanted)).rejects.toThrow(/ECONNREFUSED/);
  expect(waits).toBe(0);
});

test('an aborted download ends with the reason and keeps its part', async () => {
  await using folder = await temporaryFolder();
  const stop = new AbortController();
  const part = join(folder.path, 'file.part');
  await using server = await testServer(firstBytes(part, () => stop.abort(new Error('stopped'))));
  const wanted = { url: `${server.url}/file`, target: join(folder.path, 'file'), sha256: good, signal: stop.signal };
  await expect(download(directNetwork(), wanted)).rejects.toThrow('stopped');
  expect((await stat(part)).size).toBeGreaterThan(0);
  expect(await readFile(join(folder.path, 'file.validator'), 'utf8')).toBe('"a"');
});
