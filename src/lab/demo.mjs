// `npm run demo`: from a fresh clone to a running cluster on three lab hosts, and `npm run demo -- --down` back again.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installAndBuild, installDebianPackages, k8sup, root, whyNoLab } from './set-up.mjs';

const dir = join(root, '.k8sup-demo');
const inventory = join('.k8sup-demo', 'inventory.yaml');
const down = process.argv.includes('--down');

process.exitCode = (down ? takeDown() : bringUp()) ? 0 : 1;

function bringUp() {
  const started = Date.now();
  installAndBuild();
  installDebianPackages();
  const reason = whyNoLab();
  if (reason !== undefined) {
    console.error(`The demo cannot run here: ${reason}.`);
    return false;
  }
  console.log('The first run builds or fetches the binaries (up to 30 minutes); later runs take them from the cache.');
  if (!k8sup('three lab hosts', 'lab', 'up', '--hosts', '3', '--name', 'demo', '--dir', dir)) return false;
  forgetCluster();
  if (!k8sup('the cluster', 'apply', inventory)) return false;
  console.log(`
The cluster is up after ${((Date.now() - started) / 1000).toFixed(0)} s. Try next:
  npx k8sup kubectl -i ${inventory} -- get nodes -o wide
  npx k8sup status ${inventory}
  npx k8sup plan ${inventory}
  npx k8sup lab exec h1 --name demo -- systemctl status kubelet
  npm run demo -- --down`);
  return true;
}

function takeDown() {
  if (!existsSync(join(root, 'dist/src/main.js'))) installAndBuild();
  if (!k8sup('taking the lab away', 'lab', 'down', '--name', 'demo')) return false;
  forgetCluster();
  return true;
}

/** A cluster on new hosts must not begin with the keys and the record of one that is gone. */
function forgetCluster() {
  rmSync(join(dir, '.k8sup'), { recursive: true, force: true });
}
