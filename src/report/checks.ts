import type { CheckResult } from '../engine/events.ts';
import { groupBy } from './group-by.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import { duration, oneLine } from './words.ts';

/** The verification table: what was tried, what came of it, how long it took; the last line counts. */
export function renderChecks(checks: readonly CheckResult[], style: Style): string {
  const { colors, symbols } = style;
  const rows = checks.map((check) => [
    check.skipped === true ? symbols.skipped : check.ok ? symbols.ok : symbols.failed,
    oneLine(check.name),
    duration(check.durationMs),
    oneLine(check.tried),
    oneLine(check.result),
  ]);
  const text = table([['', 'CHECK', 'TIME', 'TRIED', 'RESULT'], ...rows], {
    columns: style.columns,
    more: symbols.more,
    paint: (cell, row, column) => {
      if (row === 0) return colors.bold(cell);
      if (column !== 0) return cell;
      const check = checks[row - 1];
      if (check?.skipped === true) return colors.yellow(cell);
      return check?.ok === true ? colors.green(cell) : colors.red(cell);
    },
  });
  const failed = checks.filter((check) => !check.ok).length;
  const skipped = checks.filter((check) => check.skipped === true).length;
  const tried = checks.length - skipped;
  const left = skipped === 0 ? '' : ` ${skipped} could not be made.`;
  const total = `${tried - failed} of ${tried} checks passed.${left}`;
  const causes = causeLines(checks).map((line) => `${line}\n`);
  return `${text}\n${causes.join('')}${failed === 0 ? total : colors.red(total)}`;
}

/** Each known cause once, with the checks that show it. */
function causeLines(checks: readonly CheckResult[]): readonly string[] {
  const shown = checks.flatMap((check) => (check.cause === undefined ? [] : [{ ...check, cause: check.cause }]));
  return [...groupBy(shown, ({ cause }) => cause)].flatMap(([code, list]) => {
    const names = [...new Set(list.map(({ name }) => oneLine(name)))].join(', ');
    const [{ why = '', fix = '' } = {}] = list;
    return [`likely cause of ${names}: ${oneLine(why)} (${oneLine(code)})`, `  fix: ${oneLine(fix)}`];
  });
}
