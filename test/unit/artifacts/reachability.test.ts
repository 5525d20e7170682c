import { expect, test } from 'vitest';
import { openReachability } from '../../../src/artifacts/reachability.ts';
import { closedUrl, directNetwork, serve, testServer } from './server.ts';
import { never } from './temporary.ts';

test('a server that refuses is asked once, whatever the path', async () => {
  const base = await closedUrl();
  let requests = 0;
  const network = directNetwork();
  const counting = {
    ...network,
    request: (...args: Parameters<typeof network.request>) => ((requests += 1), network.request(...args)),
  };
  const reachability = openReachability(counting);
  const answers = await Promise.all(['/a', '/b'].map(async (path) => reachability.refusal(base + path, never)));
  expect(answers).toEqual([expect.stringContaining('ECONNREFUSED'), expect.stringContaining('ECONNREFUSED')]);
  expect(await reachability.has(`${base}/c`, never)).toBe(false);
  expect(requests).toBe(1);
});

test('a server that only says 404 is there', async () => {
  await using server = await testServer(serve({ '/there': 'x' }));
  const reachability = openReachability(directNetwork());
  expect(await reachability.refusal(`${server.url}/`, never)).toBeUndefined();
  expect(await reachability.has(`${server.url}/there`, never)).toBe(true);
  expect(await reachability.has(`${server.url}/else`, never)).toBe(false);
});

test('a server that never answers is given up after the limit', async () => {
  await using server = await testServer(() => undefined);
  const refusal = await openReachability(directNetwork(), 20).refusal(server.url, never);
  expect(refusal).toMatch(/gave no answer within 0\.02 s/);
});

test('an abort is no refusal and is not remembered', async () => {
  await using server = await testServer(serve({}));
  const reachability = openReachability(directNetwork());
  await expect(reachability.refusal(server.url, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  expect(await reachability.refusal(server.url, never)).toBeUndefined();
});
