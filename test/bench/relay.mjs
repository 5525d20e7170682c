// Holds every byte back for a while in both directions, as a long line would: the lab's kernel has no netem.
// Plain JavaScript: it runs as a process of its own, so that its work is not counted as that of what is measured.
//   node relay.mjs DELAY_MS PORT=HOST:PORT...
import net from 'node:net';

const [delay, ...routes] = process.argv.slice(2);

for (const route of routes) {
  const [port, target] = route.split('=');
  const [host, targetPort] = target.split(':');
  net
    .createServer({ noDelay: true }, (near) => {
      const far = net.connect({ host, port: Number(targetPort), noDelay: true });
      pass(near, far);
      pass(far, near);
    })
    .listen(Number(port), '127.0.0.1', 600);
}
// Ends with the bench, however that ends.
process.stdin.on('end', () => process.exit()).resume();
process.stdout.write('ready\n');

function pass(from, to) {
  from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), Number(delay)));
  from.on('end', () => setTimeout(() => to.end(), Number(delay)));
  from.on('error', () => to.destroy());
}
