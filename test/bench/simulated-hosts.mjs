// Simulated hosts: one ssh2 server a host, all in this process. They answer what a real host answered to the very same run, with their own name, address
// and machine id in the place of its. Plain JavaScript: it runs as a process of its own, so that its work and memory are not those of what is measured.
//   node simulated-hosts.mjs JOB.json, with { hostKey, machineId, recording, hosts: [{ name, address, port }], real?: { host, privateKey } }
// With `real` the first host passes everything to a real one and writes what came back to the file `recording`; the others are not there then.
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import ssh2 from 'ssh2';

const job = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const [first] = job.hosts;
const answers = job.real === undefined ? readRecording() : [];
if (job.real !== undefined) writeFileSync(job.recording, '');

const hosts = job.real === undefined ? job.hosts : [first];
await Promise.all(hosts.map(listen));
// Ends with the bench, however that ends.
process.stdin.on('end', () => process.exit()).resume();
process.stdout.write('ready\n');

function listen(host) {
  const server = new ssh2.Server({ hostKeys: [job.hostKey] }, (client) => {
    let next = 0;
    client.on('error', () => undefined);
    client.on('authentication', (attempt) =>
      attempt.method === 'publickey' ? attempt.accept() : attempt.reject(['publickey']),
    );
    client.on('session', (accept) =>
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        if (job.real === undefined) replay(channel, host, next++);
        else pass(channel, command);
      }),
    );
  });
  return new Promise((resolve) => server.listen(host.port, '127.0.0.1', resolve));
}

/** The answer to the run of this number on a connection; the marks are random in each run and are taken from the script. */
function replay(channel, host, number) {
  const answer = answers[number];
  if (answer === undefined) throw new Error(`${host.name} was asked for a run more than was recorded`);
  readFramed(channel, (script) => {
    const marks = marksOf(script);
    const text = answer.output
      .split('\n')
      .map((line) => (line === `${first.address} ${first.name}` ? line : own(line, host)))
      .join('\n')
      .replace(/@@mark(\d+)@@/g, (_, index) => marks[Number(index)] ?? '')
      // A clock that stood still would be one that is off.
      .replace(/^(@@clock\n)\d+ \d+$/m, (_, begin) => begin + clock());
    channel.write(text, () => {
      channel.exit(answer.status);
      channel.end();
    });
  });
}

function clock() {
  const now = Date.now();
  return `${Math.floor(now / 1000)} ${String(now % 1000).padStart(3, '0')}000000`;
}

function own(line, { name, address }) {
  const machineId = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return line.replaceAll(first.name, name).replaceAll(first.address, address).replaceAll(job.machineId, machineId);
}

function pass(channel, command) {
  const client = new ssh2.Client();
  client
    .on('ready', () =>
      client.exec(command, (error, far) => {
        if (error) throw error;
        let script = '';
        let output = '';
        channel.on('data', (chunk) => {
          script += chunk;
          far.write(chunk);
        });
        channel.on('end', () => far.end());
        far.stderr.on('data', (chunk) => channel.stderr.write(chunk));
        far.on('data', (chunk) => {
          output += chunk;
          channel.write(chunk);
        });
        far.on('exit', (status) => {
          const marks = marksOf(script);
          const text = marks.reduce((all, mark, index) => all.replaceAll(mark, `@@mark${index}@@`), output);
          appendFileSync(job.recording, `${JSON.stringify({ status, output: text })}\n`);
          channel.exit(status);
        });
        far.on('close', () => {
          channel.end();
          client.end();
        });
      }),
    )
    .connect({ host: job.real.host, username: 'root', privateKey: readFileSync(job.real.privateKey) });
}

/** Marks in the order in which the script first names them. */
function marksOf(script) {
  return [...new Set(script.match(/@@k8sup-(start-)?[0-9a-f]{18}/g) ?? [])];
}

/** A run begins with the length of its script on a line; what follows the script is not looked at. */
function readFramed(channel, done) {
  let bytes = Buffer.alloc(0);
  let over = false;
  channel.on('data', (chunk) => {
    if (over) return;
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(10);
    if (end < 0) return;
    const length = Number(bytes.subarray(0, end).toString());
    if (bytes.length < end + 1 + length) return;
    over = true;
    done(bytes.subarray(end + 1, end + 1 + length).toString());
  });
}

function readRecording() {
  return readFileSync(job.recording, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
