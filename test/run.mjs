// `npm test`: everything, from a fresh clone. The last line of standard output is `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAndBuild, installDebianPackages, k8sup, root, step, whyNoLab } from '../src/lab/set-up.mjs';

const counts = { passed: 0, failed: 0, skipped: 0 };
const scratch = mkdtempSync(join(tmpdir(), 'k8sup-test-'));
const started = Date.now();

try {
  main();
} catch (error) {
  counts.failed += 1;
  console.log(String(error));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`all suites after ${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function main() {
  installAndBuild();
  installDebianPackages();
  const bin = (name) => join(root, 'node_modules', '.bin', name);
  count(step('lint', bin('eslint'), ['.']));
  count(step('format', bin('prettier'), ['--check', '--log-level', 'warn', '.']));
  count(step('types', bin('tsc'), ['-p', 'test/tsconfig.json']));
  // Artifacts come first: unit tests that run real programs would be skipped without them.
  const lab = labEnvironment();
  suite('unit');
  suite('integration');
  suite('e2e', lab);
}

/** What end-to-end tests need: a machine that can run a lab, and the artifacts in the cache before any clock runs. */
function labEnvironment() {
  const reason = whyNoLab();
  if (reason === undefined) {
    // A failure to get the artifacts is no reason to skip: the tests then fail with the true cause.
    k8sup('artifacts of the newest profile', 'artifacts', 'fetch', 'test/e2e/newest.inventory.yaml');
    k8sup('artifacts of the classic profile', 'artifacts', 'fetch', 'test/e2e/classic.inventory.yaml');
    return {};
  }
  if (process.env.K8SUP_REQUIRE_LAB === '1') {
    console.log(`K8SUP_REQUIRE_LAB=1, but ${reason}`);
    counts.failed += 1;
  }
  return { K8SUP_NO_LAB: reason };
}

function suite(project, env = {}) {
  const report = join(scratch, `${project}.json`);
  const began = Date.now();
  console.log(`> ${project} tests`);
  const args = [
    'run',
    '-c',
    'test/vitest.config.ts',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const result = spawnSync(join(root, 'node_modules', '.bin', 'vitest'), args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const numbers = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  const failed = numbers?.numFailedTests ?? 0;
  counts.passed += numbers?.numPassedTests ?? 0;
  counts.skipped += (numbers?.numPendingTests ?? 0) + (numbers?.numTodoTests ?? 0);
  // A file that cannot even be loaded has no failed test, and yet the suite has failed.
  counts.failed += failed === 0 && result.status !== 0 ? 1 : failed;
  for (const test of (numbers?.testResults ?? []).flatMap((file) => file.assertionResults)) {
    if (test.status === 'pending' || test.status === 'skipped') console.log(`  skipped: ${test.fullName}`);
  }
  console.log(`  ${project}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

function count(ok) {
  if (ok) counts.passed += 1;
  else counts.failed += 1;
}
