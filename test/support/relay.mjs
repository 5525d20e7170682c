// A TCP relay for tests of several masters: `node relay.mjs LISTEN:PORT BACKEND:PORT…`; each connection goes to the first backend that accepts it.
import { connect, createServer } from 'node:net';

const [listen, ...backends] = process.argv.slice(2).map((text) => {
  const [host, port] = text.split(':');
  return { host, port: Number(port) };
});

createServer((client) => {
  client.on('error', () => client.destroy());
  dial(client, backends);
}).listen(listen.port, listen.host, () => console.log('listening'));

function dial(client, [first, ...rest]) {
  if (first === undefined) return client.destroy();
  const backend = connect({ ...first, timeout: 1000 });
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
