//! `quorate completions SHELL`: what bash, zsh or fish read to complete `crm` lines.
//!
//! In: a shell's name. Out: its script, which asks `crm --complete LINE` at every key: prompt and
//! shells have one engine.
//! Absent: the candidates themselves (see `complete`).

use super::{Exit, Io};

const BASH: &str = r#"# bash completion of crm: `source <(quorate completions bash)`, or a file below
# /usr/share/bash-completion/completions called crm.
_quorate_crm() {
    local line=${COMP_LINE:0:COMP_POINT} word
    line=${line#"${line%%[[:space:]]*}"}
    mapfile -t COMPREPLY < <("$1" --complete "${line#"${line%%[![:space:]]*}"}" 2>/dev/null)
    # bash takes : and = for ends of words; what stands before them is not completed again.
    word=${line##*[[:space:]]}
    word=${word%"${word##*[:=]}"}
    COMPREPLY=("${COMPREPLY[@]#"$word"}")
}
complete -o nospace -F _quorate_crm crm
"#;

const ZSH: &str = r#"#compdef crm
# zsh completion of crm: a file called _crm in a directory of $fpath.
local line=${LBUFFER#*[[:space:]]}
local -a found
found=("${(@f)$(crm --complete "$line" 2>/dev/null)}")
compadd -U -Q -S '' -- ${found:#}
"#;

const FISH: &str = r#"# fish completion of crm: ~/.config/fish/completions/crm.fish
complete -c crm -f -a '(crm --complete (string replace -r "^\S+\s*" "" -- (commandline -cp)))'
"#;

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let script = match arguments {
        [shell] => match shell.as_str() {
            "bash" => Some(BASH),
            "zsh" => Some(ZSH),
            "fish" => Some(FISH),
            _ => None,
        },
        _ => None,
    };
    match script {
        Some(script) => {
            let _ = io.out.write_all(script.as_bytes());
            Exit::OK
        }
        None => {
            io.error("quorate completions", "usage: quorate completions bash|zsh|fish");
            Exit::USAGE
        }
    }
}
