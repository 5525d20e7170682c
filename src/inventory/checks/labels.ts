import type { Draft, DraftHost, Report } from '../findings.ts';
import type { Path } from '../path.ts';

const namePattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const ownLabels = /^(beta\.)?kubernetes\.io\/(hostname|os|arch)$/;

/** Labels and taints in Kubernetes' syntax. */
export function checkLabels(draft: Draft, report: Report): void {
  for (const entry of draft.hosts) {
    checkHostLabels(entry, report);
    checkTaints(entry, report);
  }
}

function checkHostLabels({ index, host }: DraftHost, report: Report): void {
  for (const [key, value] of Object.entries(host.labels ?? {})) {
    const path = ['hosts', index, 'labels', key];
    checkKey(key, path, { code: 'LABEL_INVALID', report });
    checkValue(value, path, { code: 'LABEL_INVALID', report });
    if (!ownLabels.test(key)) continue;
    const message = `${key} is set by the kubelet from what the host is`;
    report({ code: 'LABEL_RESERVED', path, atKey: true, message, fix: 'take it out' });
  }
}

function checkTaints({ index, host }: DraftHost, report: Report): void {
  const seen = new Set<string>();
  for (const [place, taint] of (host.taints ?? []).entries()) {
    const path = ['hosts', index, 'taints', place];
    checkKey(taint.key, [...path, 'key'], { code: 'TAINT_INVALID', report });
    checkValue(taint.value ?? '', [...path, 'value'], { code: 'TAINT_INVALID', report });
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity)) {
      const message = `there is already a taint ${identity}: Kubernetes keeps one for each key and effect`;
      report({ code: 'DUPLICATE_TAINT', path, message });
    }
    seen.add(identity);
  }
}

interface Syntax {
  readonly code: string;
  readonly report: Report;
}

function checkKey(key: string, path: Path, { code, report }: Syntax): void {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const prefixFits = prefix === undefined || (prefixPattern.test(prefix) && prefix.length <= 253);
  if (parts.length <= 2 && namePattern.test(name) && prefixFits) return;
  const fix =
    'write [prefix/]name: a DNS name, and 63 letters, digits, "-", "_" or "." at most, beginning and ending with a letter or digit';
  report({ code, path, atKey: true, message: `${JSON.stringify(key)} is not a key as Kubernetes wants it`, fix });
}

function checkValue(value: string, path: Path, { code, report }: Syntax): void {
  if (value === '' || namePattern.test(value)) return;
  const fix = 'use 63 letters, digits, "-", "_" or "." at most, beginning and ending with a letter or digit';
  report({ code, path, message: `${JSON.stringify(value)} is not a value as Kubernetes wants it`, fix });
}
