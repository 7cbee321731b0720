//! `quorate completions SHELL`: what bash, zsh or fish read to complete `crm` lines, and the options of the tools.
//!
//! In: a shell's name. Out: its script, which asks `crm --complete LINE` at every key: prompt and
//! shells have one engine. Options of tools are those of their help.
//! Absent: the candidates behind `crm` themselves (see `complete`).

use crate::tool::Tool;
use crate::{Exit, Io};

const BASH: &str = r#"# bash completion of crm: `source <(quorate completions bash)`, or a file below
# /usr/share/bash-completion/completions called crm.
_quorate_crm() {
    local line=${COMP_LINE:0:COMP_POINT} word at width=0
    line=${line#"${line%%[[:space:]]*}"}
    mapfile -t COMPREPLY < <(${_quorate:-"$1"} --complete "${line#"${line%%[![:space:]]*}"}" 2>/dev/null)
    # bash takes : and = for ends of words; what stands before them is not completed again.
    word=${line##*[[:space:]]}
    word=${word%"${word##*[:=]}"}
    COMPREPLY=("${COMPREPLY[@]#"$word"}")
    # A list shows what each is for; what is put into the line does not.
    if ((${#COMPREPLY[@]} > 1)) && [[ $COMP_TYPE == 63 ]]; then
        for at in "${!COMPREPLY[@]}"; do
            word=${COMPREPLY[at]%%$'\t'*}
            ((${#word} > width)) && width=${#word}
        done
        for at in "${!COMPREPLY[@]}"; do
            [[ ${COMPREPLY[at]} == *$'\t'* ]] || continue
            printf -v "COMPREPLY[$at]" '%-*s  %s' "$width" "${COMPREPLY[at]%%$'\t'*}" "(${COMPREPLY[at]#*$'\t'})"
        done
    else
        COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
    fi
}
complete -o nospace -o nosort -F _quorate_crm crm
# Under the one program's name: its tools, and what follows `quorate crm`.
_quorate() {
    local _quorate='quorate crm' before
    if ((COMP_CWORD < 2)); then
        COMPREPLY=($(compgen -W "crm crm_mon TOOLS" -- "$2"))
        [[ ${#COMPREPLY[@]} != 1 ]] || COMPREPLY[0]+=' '
    elif [[ ${COMP_WORDS[1]} == crm ]]; then
        before=${COMP_LINE:0:COMP_POINT}
        before=${before#*"$1"}
        COMP_LINE=${before#"${before%%[![:space:]]*}"}
        COMP_POINT=${#COMP_LINE}
        _quorate_crm "$@"
    fi
}
complete -o nospace -o nosort -F _quorate quorate
"#;

const ZSH: &str = r#"#compdef crm
# zsh completion of crm: a file called _crm in a directory of $fpath, or
# `source <(quorate completions zsh)` behind compinit.
_quorate_crm() {
    local one
    local -a found texts shown
    found=("${(@f)$($words[1] --complete "${(j: :)words[2,CURRENT-1]} $QIPREFIX$PREFIX" 2>/dev/null)}")
    for one in ${found:#}; do
        texts+=("${one%%$'\t'*}")
        # A list shows what each is for.
        shown+=("${${one%%$'\t'*}% }${${(M)one:#*$'\t'*}:+  -- ${one#*$'\t'}}")
    done
    compadd -U -Q -l -V crm -S '' -d shown -- $texts
}
if [[ $funcstack[1] == _crm ]]; then
    _quorate_crm "$@"
else
    compdef _quorate_crm crm
fi
"#;

const FISH: &str = r#"# fish completion of crm: ~/.config/fish/completions/crm.fish
complete -c crm -f -k -a '(command crm --complete (string replace -r "^\S+\s*" "" -- (commandline -cp) | string collect -a) | string replace -r " (\\t|\$)" "\$1")'
"#;

/// An option of a tool, as its help has it.
struct Listed {
    letter: Option<char>,
    name: String,
    value: bool,
    help: String,
}

fn options(tool: &Tool) -> Vec<Listed> {
    let (mut said, mut unsaid) = (Vec::new(), std::io::sink());
    (tool.run)(&["--help".to_string()], &mut Io { out: &mut said, err: &mut unsaid });
    String::from_utf8_lossy(&said).lines().filter_map(listed).collect()
}

/// `  -x, --name=VALUE   help`
fn listed(line: &str) -> Option<Listed> {
    let rest = line.strip_prefix("  ")?;
    let letter = rest.strip_prefix('-').and_then(|rest| rest.chars().next()).filter(|letter| *letter != '-');
    let (_, rest) = rest.split_once("--")?;
    let (word, help) = rest.split_once(' ').unwrap_or((rest, ""));
    let (name, value) = word.split_once(['=', '[']).map_or((word, false), |(name, _)| (name, true));
    Some(Listed { letter, name: name.to_string(), value, help: help.trim().to_string() })
}

/// Lines that make a shell complete the tools' options.
fn of_tools(shell: &str, tools: &[Tool]) -> String {
    let linked = tools.iter().filter(|tool| tool.linked);
    if shell == "zsh" {
        // It reads the help by itself.
        let names: Vec<&str> = linked.map(|tool| tool.name).collect();
        return format!("(( $+functions[compdef] )) && compdef _gnu_generic {}\n", names.join(" "));
    }
    linked.map(|tool| of_tool(shell, tool)).collect()
}

fn of_tool(shell: &str, tool: &Tool) -> String {
    let options = options(tool);
    if shell == "bash" {
        let words: Vec<String> = options.iter().map(|one| format!("--{}", one.name)).collect();
        return format!("complete -o default -W '{}' {}\n", words.join(" "), tool.name);
    }
    let line = |one: &Listed| {
        let letter = one.letter.map_or(String::new(), |letter| format!(" -s '{letter}'"));
        let value = if one.value { " -r" } else { "" };
        let help = one.help.replace('\\', "\\\\").replace('\'', "\\'");
        format!("complete -c {} -l {}{letter}{value} -d '{help}'\n", tool.name, one.name)
    };
    options.iter().map(line).collect()
}

const USAGE: &str = "usage: quorate completions bash|zsh|fish\n\n\
    Prints what a shell reads to complete `crm` lines and the options of the tools";

/// The shell's script, if it is one that is known.
fn script(shell: &str) -> Option<&'static str> {
    match shell {
        "bash" => Some(BASH),
        "zsh" => Some(ZSH),
        "fish" => Some(FISH),
        _ => None,
    }
}

/// `tools`: whose options are completed.
pub fn run(arguments: &[String], tools: &[Tool], io: &mut Io) -> Exit {
    let [shell] = arguments else {
        io.error("quorate completions", USAGE);
        return Exit::USAGE;
    };
    if shell == "--help" || shell == "-h" {
        io.line(USAGE);
        return Exit::OK;
    }
    let Some(script) = script(shell) else {
        io.error("quorate completions", USAGE);
        return Exit::USAGE;
    };
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    let _ = io.out.write_all(script.replace("TOOLS", &names.join(" ")).as_bytes());
    let _ = io.out.write_all(of_tools(shell, tools).as_bytes());
    Exit::OK
}
