// `npm test`: everything, from a fresh clone; `npm run test:all`: the end-to-end tests of test/e2e/all too.
// The last line of standard output is `N passed, N failed, N skipped`.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAndBuild, installDebianPackages, k8sup, root, testPackages, whyNoLab } from '../src/lab/set-up.mjs';
import { outcome } from './support/outcome.mjs';
import { inOnePiece, runProgram, wholeLines } from './support/programs.mjs';

const counts = { passed: 0, failed: 0, skipped: 0 };
/** What failed, in words for the end of the output: what a suite prints in between may be thousands of lines away. */
const failures = [];
const scratch = mkdtempSync(join(tmpdir(), 'k8sup-test-'));
const started = Date.now();
const all = process.argv.includes('--all');
const more = testFiles(join(root, 'test/e2e/all'));

try {
  await main();
} catch (error) {
  fail(String(error));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`all suites after ${seconds(started)} s`);
if (!all) console.log(`npm run test:all adds the end-to-end tests of ${String(more.length)} more files`);
if (failures.length > 0) console.log(`failed:\n${failures.map((text) => `  ${text}\n`).join('')}`);
console.log(`${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

async function main() {
  installAndBuild();
  installDebianPackages(testPackages);
  // Artifacts come first: unit tests that run real programs would be skipped without them.
  const lab = labEnvironment();
  // Both to their ends: whatever goes wrong with one of them, the other's failures count.
  const sides = await Promise.allSettled([endToEnd(lab), besideIt(lab)]);
  for (const side of sides) if (side.status === 'rejected') throw side.reason;
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
    fail(`K8SUP_REQUIRE_LAB=1, but ${reason}`);
  }
  return { K8SUP_NO_LAB: reason };
}

async function endToEnd(lab) {
  await suite('e2e', { env: lab, output: wholeLines });
  if (all && more.length > 0) await suite('e2e-all', { env: lab, output: wholeLines });
}

/** What leaves the lab alone, one after the other with what the end-to-end tests leave of the cores; each prints in one piece. */
async function besideIt(lab) {
  const words = ['nice', '-n', '10'];
  await check('lint', [...words, bin('eslint'), '.']);
  await check('format', [...words, bin('prettier'), '--check', '--log-level', 'warn', '.']);
  await check('types', [...words, bin('tsc'), '-p', 'test/tsconfig.json']);
  // Niceness counts among the programs of a session alone; against the lab's hosts it is the number of workers that does.
  const workers = lab.K8SUP_NO_LAB === undefined ? Math.max(1, availableParallelism() - 1) : availableParallelism();
  // A million requests to the strict approver take minutes.
  const env = all ? { K8SUP_FUZZ_REQUESTS: '1000000' } : {};
  const options = { env, before: words, after: [`--maxWorkers=${String(workers)}`], output: inOnePiece };
  await suite('unit', options);
  await suite('integration', options);
}

async function check(title, words) {
  const output = inOnePiece(print);
  const ok = (await timed(title, words, {}, output)) === 0;
  if (ok) counts.passed += 1;
  else fail(title);
}

function fail(text) {
  counts.failed += 1;
  failures.push(text);
}

async function suite(project, { env = {}, before = [], after = [], output: kind }) {
  const report = join(scratch, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const words = [...before, bin('vitest'), 'run', '-c', 'test/vitest.config.ts', '--project', project];
  const output = kind(print);
  const status = await timed(`${project} tests`, [...words, ...reporters, ...after], env, output);
  const result = outcome(existsSync(report) ? readFileSync(report, 'utf8') : undefined, status);
  for (const key of ['passed', 'failed', 'skipped']) counts[key] += result[key];
  failures.push(...result.failures.map((text) => `${project}: ${text}`));
  print(result.skippedNames.map((name) => `  skipped: ${name}\n`).join(''));
}

/** Runs one step, with its title before and its time after its output. */
async function timed(title, words, env, output) {
  const began = Date.now();
  output.write(`> ${title}\n`);
  // Programs whose output is a pipe leave colours out.
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const status = await runProgram(words, { cwd: root, env: { ...process.env, ...colours, ...env } }, output.write);
  const how =
    status === 0 ? 'done' : `FAILED with ${status === undefined ? 'a signal' : `exit code ${String(status)}`}`;
  output.write(`  ${title}: ${how} after ${seconds(began)} s\n`);
  output.end();
  return status;
}

function print(text) {
  process.stdout.write(text);
}

function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}

function testFiles(folder) {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.test.ts')) : [];
}
