import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What each folder may import, from the ground up: a folder may only name folders above its own line. */
const layers: Readonly<Record<string, { readonly imports: readonly string[]; readonly types: readonly string[] }>> = {
  errors: { imports: [], types: [] },
  shell: { imports: [], types: [] },
  causes: { imports: [], types: ['errors'] },
  inventory: { imports: ['errors'], types: [] },
  host: { imports: ['errors', 'inventory', 'shell'], types: [] },
  resources: { imports: ['errors', 'shell'], types: ['host'] },
  transport: { imports: ['errors', 'host', 'inventory'], types: [] },
  pki: { imports: ['errors', 'inventory'], types: [] },
  artifacts: { imports: ['errors', 'inventory'], types: [] },
  engine: { imports: ['causes', 'errors', 'shell', 'resources'], types: ['artifacts', 'host', 'inventory', 'pki'] },
  components: { imports: ['artifacts', 'errors', 'inventory', 'pki', 'resources', 'shell'], types: ['engine', 'host'] },
  network: {
    imports: ['artifacts', 'components', 'errors', 'inventory', 'pki', 'resources', 'shell'],
    types: ['engine', 'host'],
  },
  kube: {
    imports: ['components', 'errors', 'inventory', 'pki', 'resources', 'shell'],
    types: ['engine', 'host'],
  },
  preflight: { imports: ['components', 'errors', 'host', 'inventory', 'resources', 'shell'], types: ['engine'] },
  report: { imports: ['causes', 'engine', 'errors', 'shell'], types: [] },
  playbook: { imports: ['components', 'errors', 'inventory', 'resources', 'shell'], types: ['engine'] },
  playbooks: {
    imports: [
      'components',
      'errors',
      'inventory',
      'kube',
      'network',
      'pki',
      'playbook',
      'preflight',
      'resources',
      'shell',
    ],
    types: ['artifacts', 'engine', 'host'],
  },
  lab: { imports: ['errors', 'shell'], types: ['inventory'] },
  cli: {
    imports: [
      'artifacts',
      'components',
      'engine',
      'errors',
      'host',
      'inventory',
      'kube',
      'lab',
      'network',
      'pki',
      'playbook',
      'playbooks',
      'preflight',
      'report',
      'resources',
      'shell',
      'transport',
    ],
    types: [],
  },
  docs: { imports: ['causes', 'cli', 'components', 'errors', 'inventory', 'lab', 'network', 'pki'], types: [] },
  main: { imports: ['cli'], types: [] },
};

/** Folders, or parts of them, that may use a third-party package. A package that is not here may not be used at all. */
const walls: Readonly<Record<string, readonly string[] | 'anywhere'>> = {
  ssh2: ['src/transport/ssh/'],
  'node-forge': ['src/pki/'],
  'age-encryption': ['src/pki/'],
  picocolors: ['src/report/'],
  diff: ['src/report/'],
  commander: ['src/cli/'],
  '@commander-js/extra-typings': ['src/cli/'],
  zod: ['src/inventory/', 'src/network/', 'src/pki/'],
  'ipaddr.js': ['src/inventory/', 'src/pki/'],
  semver: ['src/inventory/'],
  listr2: ['src/report/'],
  undici: ['src/artifacts/'],
  execa: ['src/artifacts/', 'src/lab/', 'src/transport/'],
  yaml: ['src/artifacts/', 'src/components/', 'src/inventory/', 'src/lab/', 'src/network/upstream/', 'src/pki/'],
  'ts-json-schema-generator': ['src/docs/'],
  'p-map': 'anywhere',
};

/** Plain JavaScript that runs before anything is installed, and talks to a person by itself. */
const startScripts = ['src/lab/demo.mjs', 'src/lab/set-up.mjs'];
const maxLines = 300;

interface Import {
  readonly file: string;
  /** As written. */
  readonly target: string;
  readonly typeOnly: boolean;
}

const files = ['src', 'playbooks'].flatMap((folder) => sources(folder));
const imports = files.flatMap((file) => importsOf(file));

describe('imports', () => {
  test('are found in every folder of code', () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(imports).toContainEqual({ file: 'src/main.ts', target: './cli/program.ts', typeOnly: false });
    expect([...new Set(files.map(folderOf))].sort().filter((folder) => !(folder in layers))).toEqual([]);
  });

  test('go one way between folders, as the table says', () => {
    const wrong = imports.flatMap(({ file, target, typeOnly }) => {
      if (!target.startsWith('.')) return [];
      const [from, to] = [folderOf(file), folderOf(relative(root, join(root, dirname(file), target)))];
      const { imports: allowed = [], types = [] } = layers[from] ?? {};
      if (from === to || allowed.includes(to) || (typeOnly && types.includes(to))) return [];
      return [`${file} imports ${typeOnly ? 'types of ' : ''}${target}: ${from} may not import ${to}`];
    });
    expect(wrong).toEqual([]);
  });

  // The compiler takes such a function apart, and leaves the `.ts` of what is imported in it.
  test('that are late stand in no file with `await using`', () => {
    const both = files.filter((file) => {
      const text = read(file);
      return text.includes('await using') && /\bimport\('\.[^']*\.ts'\)/.test(text);
    });
    expect(both).toEqual([]);
  });

  test('cannot run in a circle: each folder names only folders below it', () => {
    const order = Object.keys(layers);
    const upward = Object.entries(layers).flatMap(([folder, rule], index) =>
      [...rule.imports, ...rule.types]
        .filter((other) => !order.slice(0, index).includes(other))
        .map((other) => `${folder} → ${other}`),
    );
    expect(upward).toEqual([]);
  });

  test('of a network stay in its folder: all else knows it by the one list', () => {
    const folders = readdirSync(join(root, 'src/network'), { withFileTypes: true }).filter((one) => one.isDirectory());
    const shared = ['look', 'pod-routes', 'upstream'];
    const networks = folders.map(({ name }) => `src/network/${name}`).filter((one) => !shared.includes(basename(one)));
    const known = imports.flatMap(({ file, target }) => {
      const from = dirname(file);
      const to = dirname(join(from, target));
      const foreign = target.startsWith('.') && networks.includes(to) && from !== to;
      return foreign && file !== 'src/network/network.ts' ? [`${from} → ${basename(to)}`] : [];
    });
    // Canal is Calico's rules on flannel's way; a second interface is macvlan beside any network.
    expect([...new Set(known)].sort()).toEqual([
      'playbooks → macvlan',
      'src/network/canal → calico',
      'src/network/canal → flannel',
      'src/network/kube-ovn → node-local-dns',
    ]);
  });

  test('keep third-party packages behind their walls', () => {
    const wrong = imports.flatMap(({ file, target }) => {
      if (target.startsWith('.') || target.startsWith('node:')) return [];
      const wall = walls[target] ?? [];
      if (wall === 'anywhere' || wall.some((folder) => file.startsWith(folder))) return [];
      return [`${file} imports ${target}`];
    });
    expect(wrong).toEqual([]);
  });

  test('are described by src/README.md as they are here', () => {
    const table = Object.entries(layers).map(([folder, rule]) => [folder, rule.imports, rule.types].map(names));
    const map = tableRows('layers').map(([folder = '', , allowed = '', types = '']) =>
      [folder, allowed.split(', '), types.split(', ')].map(names),
    );
    expect(map).toEqual(table);
    const packages = tableRows('walls').flatMap(([list = '', where = '']) =>
      list.split(', ').map((name) => `${name}: ${where}`),
    );
    const written = Object.entries(walls).map(([name, wall]) => {
      const where = wall === 'anywhere' ? wall : wall.map((path) => path.split('/')[1] ?? '').join(', ');
      return `${name}: ${where}`;
    });
    expect(packages.sort()).toEqual(written.sort());
  });
});

describe('files', () => {
  test(`have at most ${maxLines} lines`, () => {
    const long = files.filter((file) => read(file).trimEnd().split('\n').length > maxLines);
    expect(long).toEqual([]);
  });

  test('lie in folders that say what is in them', () => {
    const vague = files.filter((file) => /(^|\/)(utils?|common|helpers?|misc)[./]/.test(file));
    expect(vague).toEqual([]);
  });

  test('print only in the report, and in the two scripts that start everything', () => {
    const printing = files.filter(
      (file) =>
        !file.startsWith('src/report/') && !startScripts.includes(file) && /\bconsole\s*\.\s*\w+\s*\(/.test(read(file)),
    );
    expect(printing).toEqual([]);
  });
});

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function folderOf(file: string): string {
  const [top = '', folder = '', ...rest] = file.split('/');
  if (top === 'playbooks') return top;
  return rest.length === 0 ? folder.replace(/\.ts$/, '') : folder;
}

function importsOf(file: string): readonly Import[] {
  const text = read(file);
  const declared = [...text.matchAll(/^(?:import|export)(?<what>[^;'"]*?)\bfrom\s*['"](?<target>[^'"]+)['"]/gm)];
  const bare = [...text.matchAll(/(?:^import\s*|\bimport\(\s*)['"](?<target>[^'"]+)['"]/gm)];
  return [...declared, ...bare].map(({ groups = {} }) => ({
    file,
    target: groups['target'] ?? '',
    typeOnly: onlyTypes(groups['what'] ?? ''),
  }));
}

/** Of ` type { A }` and of ` { type A, type B }`. */
function onlyTypes(what: string): boolean {
  if (/^\s*type\b/.test(what)) return true;
  const names =
    /^\s*\{(.*)\}\s*$/s
      .exec(what)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '') ?? [];
  return names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

/** Cells of the table behind a mark in src/README.md, without its head. */
function tableRows(mark: string): readonly (readonly string[])[] {
  const [, behind = ''] = read('src/README.md').split(`<!-- ${mark} -->`);
  const lines = behind.trim().split('\n\n')[0]?.split('\n') ?? [];
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim()),
  );
}

function names(list: string | readonly string[]): string {
  return typeof list === 'string'
    ? list
    : [...list]
        .filter((name) => name !== '')
        .sort()
        .join(', ');
}
