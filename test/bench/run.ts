// `npm run bench`: prints tables, and writes results.json and a report with a chart. Timings are for people; nothing here fails because of one.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { K8supError, messageOf } from '../../src/errors/k8sup-error.ts';
import { benchCluster } from './cluster.ts';
import { bootBenchLab } from './lab.ts';
import { machineText } from './machine.ts';
import { installPeers } from './peers/environment.ts';
import { benchPki } from './pki.ts';
import { benchPrepare } from './prepare.ts';
import { endMarked } from './processes.ts';
import { benchPush } from './push.ts';
import { keepSection, printFinding, sectionIds } from './report.ts';
import type { Finding } from './result.ts';
import { benchScale } from './scale.ts';
import { benchStartup } from './startup.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [...sectionIds] },
    sizes: { type: 'string', default: '5,20,50' },
    out: { type: 'string', default: 'test/bench/results' },
    minutes: { type: 'string', default: '60' },
  },
});

const wanted = values.only.flatMap((text) => text.split(','));
const unknown = wanted.filter((id) => !sectionIds.some((one) => one === id));
if (unknown.length > 0)
  throw new Error(`no part of the bench: ${unknown.join(', ')}; there are ${sectionIds.join(', ')}`);

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const folder = join(tmpdir(), 'k8sup-bench');
const stop = new AbortController();
const timer = setTimeout(() => halt(`stopped after ${values.minutes} minutes`), Number(values.minutes) * 60_000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => halt(`stopped by ${signal}`));

// Ansible and pyinfra are for one part alone.
const programs = wanted.includes('prepare') ? await installPeers() : undefined;
const parts: Readonly<Record<(typeof sectionIds)[number], () => Promise<Finding>>> = {
  startup: () => benchStartup(),
  pki: () => benchPki(),
  scale: async () => {
    await using lab = await bootBenchLab(1, folder, stop.signal);
    return await benchScale(lab, say);
  },
  prepare: async () => {
    if (programs === undefined) throw new Error('the other tools are not there');
    const sizes = values.sizes.split(',').map(Number);
    await using lab = await bootBenchLab(Math.max(...sizes), folder, stop.signal);
    return await benchPrepare({ lab, programs, sizes, say, deadline: performance.now() + 22 * 60_000 });
  },
  push: async () => {
    await using lab = await bootBenchLab(20, folder, stop.signal);
    return await benchPush(lab, say);
  },
  cluster: async () => {
    await using lab = await bootBenchLab(3, folder, stop.signal);
    return await benchCluster(lab, say, stop.signal);
  },
};

const machine = machineText();
for (const id of sectionIds.filter((one) => wanted.includes(one))) {
  if (stop.signal.aborted) break;
  const started = performance.now();
  try {
    const finding = await parts[id]();
    stop.signal.throwIfAborted();
    const seconds = Math.round((performance.now() - started) / 1000);
    const tools = id === 'prepare' ? Object.values(programs?.versions ?? {}) : [];
    await keepSection(values.out, { ...finding, measured: { at: new Date().toISOString(), seconds, machine, tools } });
    process.stdout.write(`${printFinding(finding)}\n`);
  } catch (error) {
    // The other parts are worth having all the same.
    say(`${id}: ${messageOf(error)}${error instanceof K8supError ? `\n${error.why ?? ''}` : ''}`);
    process.exitCode = 1;
  }
}
clearTimeout(timer);
await endMarked();

function halt(why: string): void {
  say(why);
  stop.abort();
  process.exitCode = 1;
  void endMarked();
}
