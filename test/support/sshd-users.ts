import { execFileSync } from 'node:child_process';

/** Users of {@link userMounts}; none of them is one of this machine's. */
export const users = {
  /** May use sudo with the password. */
  ops: 'correct horse "battery"',
  /** May use sudo without one. */
  free: 'staple',
  /** May not use sudo. */
  plain: 'nothing',
  root: "root's own $HOME",
} as const;

/**
 * Commands for `startSshd` that give its mount namespace users with passwords, homes in the test's folder, sudo's rules, and start-up files of bash
 * that print. The machine's own files stay as they are.
 */
export function userMounts(more = ':'): string {
  const names = ['ops', 'free', 'plain'] as const;
  const lines = names.flatMap((name, index) => {
    const id = String(4240 + index);
    return [
      `echo '${name}:x:${id}:${id}::'"$dir/home/${name}:/bin/bash" >> "$dir/passwd"`,
      `echo '${name}:${hash(users[name])}:19000:0:99999:7:::' >> "$dir/shadow"`,
      `mkdir -p "$dir/home/${name}"`,
      `printf 'echo printed by bashrc; echo said by bashrc >&2\\n' > "$dir/home/${name}/.bashrc"`,
    ];
  });
  return [
    'mount --make-rprivate /',
    'chmod 755 "$dir"; chmod 644 "$dir/authorized_keys"',
    'cp /etc/passwd "$dir/passwd"',
    `grep -v '^root:' /etc/shadow > "$dir/shadow" || :`,
    `echo 'root:${hash(users.root)}:19000:0:99999:7:::' >> "$dir/shadow"`,
    ...lines,
    'chmod 600 "$dir/shadow"',
    `printf 'Defaults use_pty\\nops ALL=(ALL:ALL) ALL\\nfree ALL=(ALL:ALL) NOPASSWD: ALL\\n' > "$dir/sudoers"`,
    'chmod 440 "$dir/sudoers"',
    'for f in passwd shadow sudoers; do mount --bind "$dir/$f" "/etc/$f"; done',
    'mkdir -p /run/sudo /var/lib/sudo; mount -t tmpfs tmpfs /run/sudo; mount -t tmpfs tmpfs /var/lib/sudo',
    more,
  ].join('\n');
}

function hash(password: string): string {
  return execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
}
