import type { DifferenceName } from '../differences.ts';

/** Files and authorities that a case may name. */
export interface Given {
  readonly file: (name: string, text: string | object) => string;
  /** Flags that name an authority. */
  readonly ca: (name: AuthorityName) => readonly string[];
  /** Path of a request made by openssl with these options, by default with a key of P-256. */
  readonly request: (options: readonly string[], key?: 'p256' | 'rsa1024') => string;
}

/** `root` has no limit of its path, `short` ends in a day, `limited` may sign no authority, `one` may have one below it. */
export const authorities = {
  root: { CN: 'root', names: [{ C: 'DE', O: 'k8s_é' }], ca: { expiry: '876000h' } },
  rsa: { CN: 'rsa', key: { algo: 'rsa', size: 2048 } },
  p384: { CN: 'p384', key: { algo: 'ecdsa', size: 384 } },
  p521: { CN: 'p521', key: { algo: 'ecdsa', size: 521 } },
  ed25519: { CN: 'ed', key: { algo: 'ed25519' } },
  short: { CN: 'short', ca: { expiry: '24h' } },
  limited: { CN: 'limited', ca: { pathlen: 0, pathlenzero: true } },
  one: { CN: 'one', ca: { pathlen: 1 } },
} as const;
export type AuthorityName = keyof typeof authorities;

export interface Case {
  readonly name: string;
  /** The command line, for both programs. */
  readonly words: (given: Given) => readonly string[];
  readonly expected: 'same' | 'both refuse' | DifferenceName;
}

export type Expected = Case['expected'];
export const usages = ['signing', 'server auth'] as const;
export const web = { CN: 'web', hosts: ['web.example'] };
export const hour = { usages, expiry: '1h' };

/** A leaf of the root by a profile, or by the built-in default. */
export function leaf(name: string, csr: object | string, expected: Expected = 'same', more: More = {}): Case {
  const { profile, config, words = [], ca = 'root' } = more;
  return {
    name,
    expected,
    words: (given) => [
      'gencert',
      ...given.ca(ca),
      ...(config === undefined && profile === undefined
        ? []
        : ['-config', given.file('config.json', config ?? { signing: { profiles: { p: profile } } })]),
      ...(profile === undefined ? [] : ['-profile', 'p']),
      ...words,
      given.file('csr.json', csr),
    ],
  };
}

interface More {
  readonly profile?: object;
  readonly config?: object | string;
  readonly words?: readonly string[];
  readonly ca?: AuthorityName;
}

export function by(name: string, profile: object, expected: Expected = 'same', csr: object = web): Case {
  return leaf(name, csr, expected, { profile: { ...hour, ...profile } });
}

export function initca(
  name: string,
  csr: object | string,
  expected: Expected = 'same',
  words: readonly string[] = [],
): Case {
  return {
    name: `initca: ${name}`,
    expected,
    words: ({ file }) => ['gencert', '-initca', ...words, file('ca.json', csr)],
  };
}

/** A request by openssl, signed by a profile. */
export function sign(name: string, options: readonly string[], expected: Expected = 'same', more: SignMore = {}): Case {
  const { profile = {}, words = () => [], key, change = (path: string) => path } = more;
  return {
    name: `sign: ${name}`,
    expected,
    words: (given) => [
      'sign',
      ...given.ca(more.ca ?? 'root'),
      '-config',
      given.file('config.json', { signing: { profiles: { p: { ...hour, ...profile } } } }),
      '-profile=p',
      ...words(given),
      ...(more.flag === true ? [] : [change(given.request(options, key), given)]),
      ...(more.subject === undefined ? [] : [given.file('subject.json', more.subject)]),
    ],
  };
}

interface SignMore {
  readonly profile?: object;
  readonly words?: (given: Given) => readonly string[];
  readonly key?: 'p256' | 'rsa1024';
  readonly ca?: AuthorityName;
  readonly subject?: object;
  readonly change?: (path: string, given: Given) => string;
  readonly flag?: boolean;
}
