/** Where a password comes from; its text stands in no inventory. */
export type SecretSource =
  /** At the terminal: one answer for all hosts, or one for this host alone. */
  | { readonly ask: 'once' | 'host' }
  /** A file with mode 0600 that holds it alone; absolute path. */
  | { readonly file: string }
  /** A command of the shell that prints it. */
  | { readonly command: string };

/** How a host is reached. `address` of the host is used unless `hostName` says otherwise. */
export interface SshSettings {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of a private key; undefined means the agent, and what {@link config} names. */
  readonly privateKey?: string;
  /** For `password` and `keyboard-interactive`. */
  readonly password?: SecretSource;
  /** How a user who is not root becomes it. */
  readonly become: 'sudo' | 'su';
  /** Undefined where sudo asks for none. */
  readonly becomePassword?: SecretSource;
  /** Accepted instead of anything in known_hosts: `SHA256:…`, or a type and a key in base64. */
  readonly hostKey?: string;
  readonly knownHosts: string;
  readonly hostKeyChecking: 'strict' | 'accept-new';
  /** Hosts on the way, the first one first. */
  readonly proxyJump?: readonly JumpHost[];
  /** OpenSSH's ProxyCommand, tokens not yet replaced. */
  readonly proxyCommand?: string;
  /** Absolute path of OpenSSH's configuration, used where the file is there; undefined: it is not used. */
  readonly config?: string;
  readonly connectTimeoutSeconds: number;
  /** Seconds between two questions to a silent host whether it still is there. */
  readonly keepaliveSeconds: number;
  /** Settings that the inventory itself says, over what {@link config} has. */
  readonly written: ReadonlySet<string>;
}

/** A host that only carries the connections to others. */
export interface JumpHost {
  readonly name: string;
  readonly ssh: SshSettings;
}

/** One hop as OpenSSH's ProxyJump writes it. */
export interface JumpText {
  readonly user?: string;
  readonly hostName: string;
  readonly port?: number;
}

/**
 * Reads `[user@]host[:port]` with commas between, also as `ssh://` URLs; undefined where a part is none of it. `none` and the empty text are no hops.
 * The source is ssh_config(5), ProxyJump.
 */
export function parseProxyJump(text: string): readonly JumpText[] | undefined {
  if (text === '' || text.toLowerCase() === 'none') return [];
  const hops = text.split(',').map((part) => parseHop(part.trim()));
  return hops.every((hop) => hop !== undefined) ? hops : undefined;
}

const hop =
  /^(?:ssh:\/\/)?(?:(?<user>[^@\s/]+)@)?(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9][\w.-]*))(?::(?<port>\d{1,5}))?\/?$/;

function parseHop(text: string): JumpText | undefined {
  const { user, v6, name, port } = hop.exec(text)?.groups ?? {};
  const hostName = v6 ?? name;
  if (hostName === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65535) return undefined;
  return {
    hostName,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}
