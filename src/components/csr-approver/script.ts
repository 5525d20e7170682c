import { quote } from '../../shell/sh.ts';

/** Where the approver finds and leaves things. */
export interface ApproverPlaces {
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** The file of {@link requestLines}. */
  readonly requests: string;
  /** A directory of its own, in memory, which is gone when it is stopped. */
  readonly work: string;
  /** Seconds between two looks. */
  readonly seconds: number;
}

/** Bytes of base64 above which a request is none of a kubelet's: theirs have less than 1 KiB. */
const maxCharacters = 4096;

/**
 * Text of the program. `prepare` runs as root and hands the credentials over to whom the directory belongs; `run` looks for requests until it is stopped and
 * keeps in `WORK/last` whether the last look was `ok`, or what was wrong with it; `judge` reads requests as the look prints them and only tells.
 *
 * It parses nothing. What a kubelet asks for is a row of bytes known beforehand, but for its public key and its signature; both have their place and
 * length, and the apiserver has verified the signature before it stored the request, which nobody can change afterwards. Each field comes as Go
 * quotes it (`%+q`): printable ASCII, so that nothing in it ends a field or a line.
 */
export function approverText({ kubectl, kubeconfig, requests, work, seconds }: ApproverPlaces): string {
  return `#!/bin/sh
# Managed by k8sup: approves what kubelets ask for when they renew their serving certificates, and nothing else.
# Usage: csr-approver [run|prepare|judge]
set -uf
LC_ALL=C; export LC_ALL
PATH=/usr/local/bin:/usr/bin:/bin; export PATH
umask 077
work=${quote(work)} requests=${quote(requests)} kubeconfig=${quote(kubeconfig)}
tab=$(printf '\\t')
eight='????????'
point="$eight$eight$eight$eight$eight$eight$eight$eight"; point="$point$point"

kubectl() { ${quote(kubectl)} --kubeconfig "$work/kubeconfig" --cache-dir "$work/cache" --request-timeout 30s "$@"; }

prepare() {
  rm -f "$work/kubeconfig"
  (set -C; cat "$kubeconfig" > "$work/kubeconfig") && chown -h "$(stat -c %u:%g "$work")" "$work/kubeconfig"
}

look() {
  kubectl get certificatesigningrequests.v1.certificates.k8s.io --field-selector spec.signerName=kubernetes.io/kubelet-serving -o go-template='{{range .items}}{{if .status.conditions}}{{else if .status.certificate}}{{else}}{{printf "%+.300q\\t%q\\t%q\\t%+.300q\\t%+.300q\\t[" .metadata.name .metadata.uid .metadata.resourceVersion .spec.signerName .spec.username}}{{range .spec.groups}}{{printf "%+.300q " .}}{{end}}{{printf "]\\t["}}{{range .spec.usages}}{{printf "%+.300q " .}}{{end}}{{printf "]\\t%.${String(maxCharacters + 1)}s\\n" .spec.request}}{{end}}{{end}}'
}

# Sets reason where the request is not to be approved.
weigh() {
  reason=
  bare=\${name#\\"}; bare=\${bare%\\"}
  node=\${user#'"system:node:'}; node=\${node%\\"}
  case $bare in '' | [!a-z0-9]* | *[!a-z0-9.-]*) reason="its name is none that a cluster makes for a kubelet"; return ;; esac
  [ "$signer" = '"kubernetes.io/kubelet-serving"' ] || { reason="the signer is $signer"; return; }
  [ "$user" = "\\"system:node:$node\\"" ] || { reason="only nodes may ask for serving certificates"; return; }
  case $node in '' | *[!a-z0-9.-]*) reason="the user is no node of the inventory"; return ;; esac
  forms=$(grep "^$node/" "$requests") || { reason="the user is no node of the inventory"; return; }
  case $groups in
    '["system:nodes" "system:authenticated" ]' | '["system:authenticated" "system:nodes" ]') ;;
    *) reason="the user's groups are $groups"; return ;;
  esac
  case $usages in
    '["digital signature" "server auth" ]' | '["digital signature" "key encipherment" "server auth" ]') ;;
    *) reason="the usages are $usages"; return ;;
  esac
  [ \${#request} -le ${String(maxCharacters)} ] || { reason="it is too big"; return; }
  body=$(printf %s "$request" | base64 -d 2>/dev/null | sed '1d;$d' | tr -d '\\0\\n')
  [ "$request" = "$(written)" ] || { reason="it is not one PEM block as kubelets write it"; return; }
  hex=$(printf %s "$body" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
  for form in $forms; do
    if [ "\${form%%/*}" = "$node" ] && is_request "\${form#*/}"; then return; fi
  done
  reason="its subject, names, key or form are not what the kubelet of $node asks for;  k8sup status  says more"
}

# The request in its only form, made of the body.
written() {
  { echo '-----BEGIN CERTIFICATE REQUEST-----'
    printf %s "$body" | base64 -d | base64 -w 64
    echo '-----END CERTIFICATE REQUEST-----'; } 2>/dev/null | base64 -w 0
}

# Takes $1 off the beginning of $rest.
take() {
  left=\${rest#$1}
  [ "$left" != "$rest" ] || return 1
  rest=$left
}

# Whether $hex is BEFORE, a point, AFTER, and a signature, in a SEQUENCE of just this length. $1 is BEFORE/AFTER.
is_request() {
  rest=$hex size=$((\${#hex} / 2))
  if [ $size -ge 131 ] && [ $size -le 258 ]; then header=$(printf 3081%02x $((size - 3)))
  elif [ $size -ge 260 ] && [ $size -le 65535 ]; then header=$(printf 3082%04x $((size - 4)))
  else return 1; fi
  take "$header" && take "\${1%/*}" && take "$point" && take "\${1#*/}" || return 1
  size=$((\${#rest} / 2))
  [ $size -ge 10 ] && take "$(printf 03%02x0030%02x $((size - 2)) $((size - 5)))" && integer && integer && [ -z "$rest" ]
}

# Takes a positive INTEGER of at most 33 bytes, in its shortest form, off $rest.
integer() {
  case $rest in 02????*) ;; *) return 1 ;; esac
  take 02
  left=\${rest#??}; count=$((0x\${rest%"$left"})); rest=$left
  [ $count -ge 1 ] && [ $count -le 33 ] && [ \${#rest} -ge $((count * 2)) ] || return 1
  case $rest in [89a-f]* | 00[0-7]*) return 1 ;; esac
  while [ $count -gt 0 ]; do rest=\${rest#??}; count=$((count - 1)); done
}

judge() {
  while IFS=$tab read -r name uid version signer user groups usages request; do
    weigh
    uid=\${uid#\\"}; uid=\${uid%\\"} version=\${version#\\"}; version=\${version%\\"}
    case $uid$version in '' | *[!0-9a-f-]*) continue ;; esac
    if [ -z "$reason" ]; then printf 'approve %s %s %s %s\\n' "$uid" "$version" "$bare" "$node"
    else printf 'leave %s %s of %s: %s\\n' "$uid" "$name" "$user" "$reason"; fi
  done
}

fail() { problem=$(tail -n 1 "$work/error"); problem=\${problem:-kubectl failed without a word}; }

# The very object that was judged: with its uid and version, the apiserver refuses this for any other of the same name.
approve() {
  if printf '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"%s","uid":"%s","resourceVersion":"%s"},"spec":{"request":"","signerName":"kubernetes.io/kubelet-serving","usages":[]},"status":{"conditions":[{"type":"Approved","status":"True","reason":"K8supApprover","message":"byte for byte what the kubelet of %s asks for"}]}}' "$3" "$1" "$2" "$4" |
    kubectl replace --raw "/apis/certificates.k8s.io/v1/certificatesigningrequests/$3/approval" -f - >/dev/null 2>"$work/error"; then
    echo "approved $3 of $4"
  elif grep -qE '\\((Conflict|NotFound)\\)' "$work/error"; then :
  else fail; fi
}

round() {
  problem=ok pending=' '
  [ -r "$requests" ] || { problem="$requests cannot be read by the user that it runs as"; return; }
  look > "$work/pending" 2> "$work/error" || { fail; return; }
  judge < "$work/pending" > "$work/decided"
  while read -r word uid text; do
    if [ "$word" = approve ]; then approve "$uid" $text; continue; fi
    pending="$pending$uid "
    case $told in *" $uid "*) ;; *) printf 'left pending: %s\\n' "$text" ;; esac
  done < "$work/decided"
  told=$pending
}

run() {
  told=' ' last=ok
  while :; do
    round
    printf '%s\\n' "$problem" > "$work/last.new" && mv -f "$work/last.new" "$work/last"
    [ "$problem" = "$last" ] || printf 'the last look: %s\\n' "$problem"
    last=$problem
    if [ "$problem" = ok ]; then sleep ${String(seconds)}; else sleep 5; fi
  done
}

action=\${1-run}
case $action in prepare | run | judge) "$action" ;; *) exit 64 ;; esac
`;
}
