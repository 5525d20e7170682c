// The floor: one ssh2 connection and one hand-written script for each host, and nothing else. Plain JavaScript, so that it has nothing to load but ssh2.
//   node floor.mjs JOB.json, with { privateKey, concurrency, script, hosts: [{ host, port, key }] }
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const privateKey = readFileSync(job.privateKey);
const waiting = [...job.hosts];
const answers = new Map();

await Promise.all(Array.from({ length: job.concurrency }, work));
const changed = [...answers.values()].filter((answer) => answer !== 'ok').length;
process.stdout.write(`${answers.size} hosts, ${changed} changed\n`);

async function work() {
  for (let host = waiting.shift(); host !== undefined; host = waiting.shift())
    answers.set(host.name, await visit(host));
}

function visit({ host, port, keys }) {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', reject).on('ready', () =>
      client.exec('sh -s', (error, channel) => {
        if (error) return reject(error);
        let output = '';
        channel.on('data', (chunk) => (output += chunk));
        channel.on('close', (status) => {
          client.end();
          if (status === 0) resolve(output.trim());
          else reject(new Error(`${host}: exit code ${status}: ${output}`));
        });
        channel.stderr.resume();
        channel.end(job.script);
      }),
    );
    client.connect({
      host,
      port,
      username: 'root',
      privateKey,
      algorithms: { serverHostKey: ['ssh-ed25519'] },
      hostVerifier: (key) => keys.includes(key.toString('base64')),
    });
  });
}
