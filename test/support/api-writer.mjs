// Writes through an apiserver's endpoint without a pause: `node api-writer.mjs KUBECONFIG`, until its standard input ends. It keeps its connection as long as
// the server does, and reads the kubeconfig again when it was replaced. A request whose connection was reset or refused goes out again at once on another
// one (what it writes may be written twice), and one that is answered with Retry-After goes out after that time, as by client-go; each at most three times.
// At its end it prints what it did as JSON.
import { readFileSync, statSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';

const [file] = process.argv.slice(2);
const name = 'api-writer';
const path = `/api/v1/namespaces/default/configmaps/${name}?fieldManager=${name}`;
const found = { written: 0, retried: [], failed: [] };
let over = false;
let read;
process.stdin.on('end', () => (over = true)).resume();

console.log('writing');
while (!over) {
  if (await send(String(found.written + 1))) found.written += 1;
  await delay(20);
}
console.log(JSON.stringify(found));
process.exit(0);

async function send(count) {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { count } };
  for (let attempt = 0; ; attempt += 1) {
    const { status, error, after } = await once(JSON.stringify(object));
    if (status !== undefined && status < 300) return true;
    const said = `${new Date().toISOString()} ${error ?? status}`;
    const passes = after !== undefined || /ECONNRESET|ECONNREFUSED|EPIPE|socket hang up/.test(error ?? '');
    (passes && attempt < 3 ? found.retried : found.failed).push(said);
    if (!passes || attempt === 3) return false;
    await delay((after ?? 0) * 1000);
  }
}

function once(text) {
  const { agent, url } = credentials();
  const headers = { 'content-type': 'application/apply-patch+yaml', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve) => {
    const sent = request(new URL(path, url), { method: 'PATCH', headers, agent, timeout: 15_000 }, (response) => {
      let body = '';
      response.on('data', (part) => (body += part));
      response.on('end', () => {
        const { statusCode: status, headers: got } = response;
        const after = status === 429 || status >= 500 ? got['retry-after'] : undefined;
        resolve({ status, after, ...(status < 300 ? {} : { error: `${status} ${body.slice(0, 300)}` }) });
      });
      response.on('error', (error) => resolve({ error: `${error.code} ${error.message}` }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 15 s')));
    sent.on('error', (error) => resolve({ error: `${error.code} ${error.message}` }));
    sent.end(text);
  });
}

/** Of the kubeconfig as it is now. */
function credentials() {
  const { mtimeMs } = statSync(file);
  if (read?.mtimeMs === mtimeMs) return read;
  const { clusters, users } = parse(readFileSync(file, 'utf8'));
  const text = (data) => Buffer.from(data, 'base64').toString();
  const { 'client-certificate-data': cert, 'client-key-data': key } = users[0].user;
  const { server: url, 'certificate-authority-data': ca } = clusters[0].cluster;
  const agent = new Agent({ keepAlive: true, ca: text(ca), cert: text(cert), key: text(key) });
  read = { mtimeMs, url, agent };
  return read;
}
