import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'undici';
import { openNetwork } from '../../../src/artifacts/network.ts';
import type { Network } from '../../../src/artifacts/network.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** `METHOD path` of each request so far, with its range, if any. */
  readonly requests: string[];
  handle: Handler;
}

/** An HTTP server on a free port of this machine. */
export async function testServer(handle: Handler): Promise<TestServer> {
  const requests: string[] = [];
  const http = createServer((request, response) => {
    requests.push([request.method, request.url, request.headers.range].filter((part) => part !== undefined).join(' '));
    server.handle(request, response);
  });
  await new Promise<void>((settle) => http.listen(0, '127.0.0.1', settle));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const server: TestServer = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    handle,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((settle) => http.close(settle));
    },
  };
  return server;
}

/** Answers by path: text or bytes with 200, everything else with 404. */
export function serve(files: Readonly<Record<string, string | Buffer>>): Handler {
  return (request, response) => {
    const content = files[request.url ?? ''];
    if (content === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-length': Buffer.byteLength(content) })
        .end(request.method === 'HEAD' ? undefined : content);
  };
}

/** A network without proxies and without pauses. */
export function directNetwork(): Network {
  return openNetwork({ dispatcher: new Agent(), wait: () => Promise.resolve() });
}

/** A URL at which nothing listens. */
export async function closedUrl(): Promise<string> {
  await using server = await testServer(() => undefined);
  return server.url;
}
