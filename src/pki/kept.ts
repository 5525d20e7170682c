import { pair, single } from './once.ts';
import type { Once } from './once.ts';
import { pkiError } from './pki-error.ts';
import { inPhase, type InUse, type Phase, type Rotatable, writeRotation } from './rotation.ts';
import type { StoreFile } from './folder.ts';
import type { Store } from './store.ts';

/** Something of the store that an apply makes once and never replaces, in one file or in two that belong together. */
export interface Kept<T> {
  readonly name: Rotatable;
  readonly files: readonly [string] | readonly [string, string];
  /** A new one, as the texts of its files. */
  create(): Promise<readonly string[]>;
  /** Reads and checks it. @throws K8supError where it is damaged. */
  read(texts: readonly string[], paths: readonly string[]): T;
}

/**
 * What is in use and what is trusted of it, by how far an exchange is; made where the store is new.
 *
 * @throws K8supError `PKI_HALF_PAIR`, `PKI_LOST`, and those of {@link Kept.read}.
 */
export async function ensureKept<T>(
  make: Once,
  kept: Kept<T>,
  phase: Phase | undefined,
): Promise<InUse<T> & { readonly pending: boolean }> {
  let pending = false;
  const paths = (files: readonly string[]): readonly string[] => files.map((file) => make.store.path(file));
  const now = async (): Promise<T> => {
    const made = await madeOnce(make, kept);
    pending = made.pending;
    return kept.read(made.texts, paths(kept.files));
  };
  const next = async (): Promise<T> => kept.read(await nextTexts(make.store, kept), paths(nextFiles(kept)));
  return { ...(await inPhase(phase, now, next)), pending };
}

/** Makes the next one, and has it trusted by the next apply. One that an earlier try left is not used. */
export async function startRotation(store: Store, kept: Kept<unknown>): Promise<void> {
  const texts = await kept.create();
  const files = nextFiles(kept);
  await store.write(together(files, texts));
  await writeRotation(store, kept.name, { phase: 'trust' });
}

/** The next one takes the place of the old one, which is gone then. After the phase `drop` was applied. */
export async function finishRotation(store: Store, kept: Kept<unknown>): Promise<void> {
  const texts = await nextTexts(store, kept);
  await store.write(together(kept.files, texts));
  await writeRotation(store, kept.name, undefined);
  await store.remove(nextFiles(kept));
}

/** A key goes before what is made public of it. */
function together(names: readonly string[], texts: readonly string[]): readonly StoreFile[] {
  return names.map((name, index) => ({ name, text: texts[index] ?? '' })).reverse();
}

function nextFiles({ files }: Kept<unknown>): readonly string[] {
  return files.map((file) => `next/${file}`);
}

async function nextTexts(store: Store, kept: Kept<unknown>): Promise<readonly string[]> {
  return Promise.all(
    nextFiles(kept).map(async (file) => {
      const text = await store.read(file);
      if (text !== undefined) return text;
      throw pkiError('PKI_LOST', `${store.path(file)} is missing, though hosts may trust it already`, {
        why: `an exchange of ${kept.name} is under way`,
        fix: 'put it back from a backup of the same day (k8sup pki restore)',
      });
    }),
  );
}

async function madeOnce(
  make: Once,
  kept: Kept<unknown>,
): Promise<{ readonly texts: readonly string[]; readonly pending: boolean }> {
  const [first, second] = kept.files;
  const texts = async (): Promise<readonly [string, string]> => {
    const [one = '', other = ''] = await kept.create();
    return [one, other];
  };
  if (second === undefined) {
    const made = await single(make, first, async () => (await texts())[0]);
    return { texts: [made.value], pending: made.pending };
  }
  const made = await pair(make, [first, second], texts);
  return { texts: [made.first, made.second], pending: made.pending };
}
