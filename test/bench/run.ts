// `npm run bench`: prints tables, and writes results.json and a report with a chart. Timings are for people; nothing here fails because of one.
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootBenchLab } from './lab.ts';
import { installPeers } from './peers/environment.ts';
import { benchPki } from './pki.ts';
import { benchPrepare } from './prepare.ts';
import { printSection, writeReport } from './report.ts';
import type { Section } from './result.ts';
import { benchScale } from './scale.ts';
import { benchStartup } from './startup.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    sizes: { type: 'string', default: '5,20,50' },
    out: { type: 'string', default: 'test/bench/results' },
  },
});

const wanted = (id: string): boolean => values.only === undefined || values.only.includes(id);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const sections: Section[] = [];
const add = (section: Section): void => {
  sections.push(section);
  process.stdout.write(`${printSection(section)}\n`);
};

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const peers = await installPeers();
if (wanted('startup')) add(await benchStartup());
if (wanted('pki')) add(await benchPki());
if (wanted('scale')) {
  await using lab = await bootBenchLab(1, join(tmpdir(), 'k8sup-bench'), stop.signal);
  add(await benchScale(lab, say));
}
if (wanted('prepare')) {
  const sizes = values.sizes.split(',').map(Number);
  await using lab = await bootBenchLab(Math.max(...sizes), join(tmpdir(), 'k8sup-bench'), stop.signal);
  add(await benchPrepare({ lab, programs: peers, sizes, say }));
}
await writeReport(values.out, {
  version: 1,
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  },
  tools: peers.versions,
  sections,
});
