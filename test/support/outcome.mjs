// Plain JavaScript: test/run.mjs runs it without a build.

/**
 * What a suite's run counts for. A process that dies leaves no report, or one that tells of no failure: it counts as a failure all the same.
 *
 * @param {string | undefined} report text of vitest's JSON report, where there is one
 * @param {number | undefined} status exit status; undefined where a signal ended the process
 */
export function outcome(report, status) {
  const numbers = parsed(report);
  if (numbers === undefined) return { passed: 0, failed: 1, skipped: 0, skippedNames: [] };
  const tests = numbers.testResults.flatMap((file) => file.assertionResults);
  // A file that cannot even be loaded has no failed test.
  const files = numbers.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numbers.numFailedTests + files.length;
  return {
    passed: numbers.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: numbers.numPendingTests + numbers.numTodoTests,
    skippedNames: tests
      .filter((test) => test.status === 'pending' || test.status === 'skipped')
      .map((test) => test.fullName),
  };
}

/** A report that is cut off is none. */
function parsed(report) {
  try {
    return report === undefined ? undefined : JSON.parse(report);
  } catch {
    return undefined;
  }
}
