import type { CertificateList, CertificateRow } from '../engine/events.ts';
import { escapeControl } from '../shell/escape.ts';
import { table } from './table.ts';

/** The certificates of a cluster as a table for people: those that end first come first. */
export function renderCertificates(
  { certificates, rotations }: CertificateList,
  below: number,
  columns: number,
): string {
  const rows = [...certificates].sort((a, b) => a.daysLeft - b.daysLeft).map((row) => rowText(row, below));
  const head = ['DAYS LEFT', 'NAME', 'WHERE', 'ISSUER', 'USE', 'NAMES', 'PATH'];
  const under = Object.entries(rotations).map(
    ([name, phase]) => `${name} is being exchanged (${phase}): the command that began it goes on with it`,
  );
  const ending = certificates.filter(({ daysLeft }) => daysLeft < below).length;
  return [
    table([head, ...rows.map((row) => row.map(escapeControl))], { columns }),
    ...(under.length === 0 ? [] : ['', ...under]),
    '',
    `${String(certificates.length)} certificates, ${String(ending)} with less than ${String(below)} days left`,
  ].join('\n');
}

function rowText(
  { daysLeft, name, where, issuer, use, names, path }: CertificateRow,
  below: number,
): readonly string[] {
  const days =
    daysLeft < 0
      ? `${String(daysLeft)} ENDED`
      : daysLeft < below
        ? `${String(daysLeft)} NEAR ITS END`
        : String(daysLeft);
  return [days, name, where, issuer, use, names.join(','), path];
}
