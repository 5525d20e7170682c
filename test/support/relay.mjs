// A load balancer for tests of several masters: `node relay.mjs LISTEN:PORT BACKEND:PORT…`. Each connection goes to the next backend in turn that says of
// itself that it is ready, as it is asked every half second; where none does, or where that one refuses, to the next that accepts it.
import { get } from 'node:https';
import { connect, createServer } from 'node:net';

const [listen, ...backends] = process.argv.slice(2).map((text) => {
  const [host, port] = text.split(':');
  return { host, port: Number(port), ready: false };
});
let turn = 0;

for (const backend of backends) setInterval(() => ask(backend), 500);
createServer((client) => {
  client.on('error', () => client.destroy());
  turn += 1;
  const inTurn = backends.map((_, index) => backends[(index + turn) % backends.length]);
  dial(client, [...inTurn.filter(({ ready }) => ready), ...inTurn.filter(({ ready }) => !ready)]);
}).listen(listen.port, listen.host, () => console.log('listening'));

function ask(backend) {
  const { host, port } = backend;
  const request = get({ host, port, path: '/readyz', rejectUnauthorized: false, agent: false, timeout: 1000 });
  request.on('response', (response) => {
    backend.ready = response.statusCode === 200;
    response.resume();
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => (backend.ready = false));
}

function dial(client, [first, ...rest]) {
  if (first === undefined) return client.destroy();
  const backend = connect({ host: first.host, port: first.port, timeout: 1000 });
  backend.once('connect', () => {
    backend.setTimeout(0);
    backend.on('error', () => client.destroy());
    backend.on('close', () => client.destroy());
    client.on('close', () => backend.destroy());
    client.pipe(backend).pipe(client);
  });
  const next = () => {
    backend.removeAllListeners();
    backend.on('error', () => undefined);
    backend.destroy();
    dial(client, rest);
  };
  backend.once('error', next);
  backend.once('timeout', next);
}
