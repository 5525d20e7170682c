import { K8supError } from '../src/errors/k8sup-error.ts';
import type { Stage } from '../src/engine/stage.ts';
import type { Inventory } from '../src/inventory/model.ts';
import { siteOf, stageById } from './site.ts';

/** A part of the site, each stage by its id, number or name. */
export interface StageRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly skip?: readonly string[] | undefined;
}

/**
 * The stages of the site from one to another, both included, without those to skip; all of them where nothing is said.
 *
 * @throws K8supError `UNKNOWN_STAGE`; `STAGE_ORDER` where the range is upside down or a stage to skip lies outside of it; `NO_STAGE_LEFT`.
 */
export function selectStages(range: StageRange, inventory: Inventory): readonly Stage[] {
  const stages = siteOf(inventory);
  const place = (name: string): number => stages.indexOf(stageById(name, inventory));
  const [first, last] = [
    range.from === undefined ? 0 : place(range.from),
    range.to === undefined ? stages.length - 1 : place(range.to),
  ];
  const idOf = (index: number): string => stages[index]?.id ?? '';
  if (first > last) {
    throw order(`--from ${idOf(first)} is behind --to ${idOf(last)}`, 'the stages go in the order of their numbers');
  }
  const skipped = (range.skip ?? []).map(place);
  const outside = skipped.filter((index) => index < first || index > last);
  if (outside.length > 0) {
    const names = outside.map(idOf).join(', ');
    throw order(`--skip names ${names}, which --from and --to leave out already`, 'name it once');
  }
  const left = stages.filter((_, index) => index >= first && index <= last && !skipped.includes(index));
  if (left.length > 0) return left;
  throw new K8supError({
    code: 'NO_STAGE_LEFT',
    kind: 'usage',
    what: '--skip leaves no stage to run',
    fix: `the stages are: ${stages.map(({ id }) => id).join(', ')}`,
  });
}

function order(what: string, fix: string): K8supError {
  return new K8supError({ code: 'STAGE_ORDER', kind: 'usage', what, fix });
}
