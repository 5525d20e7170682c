// k8sup's own way of binaries and nothing else: one stage that keeps one program on every host. Plain JavaScript on what is built, so that nothing has to be
// translated first.
//   node push-k8sup.mjs INVENTORY VERSION FILE DIRECTORY
import { onHosts } from '../../../dist/src/cli/on-hosts.js';
import { makeContext } from '../../../dist/src/cli/context.js';
import { binaries } from '../../../dist/src/components/binaries.js';
import { runStages } from '../../../dist/src/engine/run.js';

const [inventory, version, file, directory] = process.argv.slice(2);
const set = { component: 'kubernetes', version, files: [file], directory };
const stage = {
  id: 'push',
  title: 'push',
  steps: [
    { type: 'hosts', name: 'programs', on: () => true, resources: (host, context) => binaries(context, host, set) },
  ],
};
const io = { out: process.stdout, err: process.stderr, in: process.stdin, env: process.env };
const spec = { command: 'push', inventory, flags: { concurrency: 20, output: 'json' }, writes: true };
process.exitCode = await onHosts(spec, io, async (run, session) => {
  const outcome = await runStages([stage], await makeContext(run, session, 'apply'));
  return outcome.error === undefined ? 0 : 1;
});
