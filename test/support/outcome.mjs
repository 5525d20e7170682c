// Plain JavaScript: test/run.mjs runs it without a build.

/**
 * What a suite's run counts for. A process that dies leaves no report, or one that tells of no failure: it counts as a failure all the same.
 *
 * @param {string | undefined} report text of vitest's JSON report, where there is one
 * @param {number | undefined} status exit status; undefined where a signal ended the process
 */
export function outcome(report, status) {
  const numbers = parsed(report);
  if (numbers === undefined) return { passed: 0, failed: 1, skipped: 0, skippedNames: [], failures: ['no report'] };
  const tests = numbers.testResults.flatMap((file) => file.assertionResults);
  // A file that cannot even be loaded has no failed test.
  const files = numbers.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numbers.numFailedTests + files.length;
  const silent = failed === 0 && status !== 0;
  return {
    passed: numbers.numPassedTests,
    failed: silent ? 1 : failed,
    skipped: numbers.numPendingTests + numbers.numTodoTests,
    skippedNames: tests
      .filter((test) => test.status === 'pending' || test.status === 'skipped')
      .map((test) => test.fullName),
    failures: [
      ...tests.filter((test) => test.status === 'failed').map(failure),
      ...files.map((file) => `${file.name}: ${firstLines(file.message)}`),
      ...(silent
        ? [`no test failed, but ${status === undefined ? 'a signal' : `exit code ${status}`} ended the run`]
        : []),
    ],
  };
}

/** Of a failed test, what tells it apart and why it failed: the report has the whole, which may scroll far away. */
function failure(test) {
  return `${test.fullName}: ${firstLines(test.failureMessages.join('\n'))}`;
}

function firstLines(text) {
  return text.split('\n').slice(0, 12).join('\n    ');
}

/** A report that is cut off is none. */
function parsed(report) {
  try {
    return report === undefined ? undefined : JSON.parse(report);
  } catch {
    return undefined;
  }
}
