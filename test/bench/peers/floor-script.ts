import type { Work } from '../work.ts';

/** A hand-written script that does the work of 01.prepare, and says `ok` where there was nothing to do. POSIX sh. */
export function floorScript(work: Work): string {
  const hosts = work.hostsBlock.join('\n');
  return `changed=
name=$(cat /etc/hostname)
command -v ${work.programs.join(' ')} > /dev/null || exit 1
[ "$(hostname)" = "$name" ] || { hostname "$name"; changed=1; }
if grep -Eq '^[^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' /etc/fstab; then
  sed -Ei 's/^([^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]])/# \\1/' /etc/fstab; changed=1
fi
[ "$(wc -l < /proc/swaps)" -le 1 ] || { swapoff -a; changed=1; }
wanted='${hosts}'
while IFS= read -r line; do
  grep -qxF "$line" /etc/hosts || { printf '%s\\n' "$line" >> /etc/hosts; changed=1; }
done << END
$wanted
END
put() { [ "$(cat "$1" 2> /dev/null)" = "$2" ] || { printf '%s\\n' "$2" > "$1"; changed=1; }; }
${work.files.map(({ path, text }) => `put ${path} '${text.trimEnd()}'`).join('\n')}
${work.sysctlFiles.map(({ path, values }) => `put ${path} '${values.map(([key, value]) => `${key} = ${value}`).join('\n')}'`).join('\n')}
set_to() { [ "$(cat /proc/sys/$1)" = "$2" ] || { echo "$2" > /proc/sys/$1; changed=1; }; }
${work.sysctlFiles.flatMap(({ values }) => values.map(([key, value]) => `set_to ${key.replaceAll('.', '/')} '${value}'`)).join('\n')}
echo \${changed:-ok} | sed 's/^1$/changed/'
`;
}
