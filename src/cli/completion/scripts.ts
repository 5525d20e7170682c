/** Shells that completion is written for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** The script that a shell reads once; it asks the k8sup on the line for everything else, so it never grows old. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

const scripts: Readonly<Record<Shell, string>> = {
  bash: `# k8sup's completion for bash: eval "$(k8sup completion bash)"
_k8sup() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _k8sup k8sup
`,
  zsh: `#compdef k8sup
# k8sup's completion for zsh: put it into a folder of $fpath as _k8sup, or eval "$(k8sup completion zsh)" after compinit
_k8sup() {
  local line files
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=yes
    else
      found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done < <("\${words[1]}" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe k8sup found
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _k8sup ]]; then
  _k8sup "$@"
else
  compdef _k8sup k8sup
fi
`,
  fish: `# k8sup's completion for fish: k8sup completion fish > ~/.config/fish/completions/k8sup.fish
function __k8sup_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] completion fish -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            printf '%s\\n' $line
        end
    end
end
complete -c k8sup -f -a '(__k8sup_complete)'
`,
};
