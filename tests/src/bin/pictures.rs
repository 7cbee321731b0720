//! `pictures DIR`: shell and monitor as they look, on three daemons of this machine, for the manual.
//!
//! In: a directory. Out: a picture of each scene in it, and the page that shows them.

use portable_pty::CommandBuilder;
use quorate_tests::lab::{Lab, program};
use quorate_tests::picture;
use quorate_tests::terminal::Terminal;
use std::fs;
use std::path::Path;
use std::time::Duration;

const RESOURCES: &str = "property fencing-enabled=false\n\
    primitive db ocf:quorate:Dummy op monitor interval=10s\n\
    primitive ip ocf:quorate:Dummy op monitor interval=10s\n\
    group site ip db\n\
    primitive agent ocf:quorate:Dummy\n\
    clone agents agent\n\
    location site-prefers-n2 site 50: n2";

/// A screen that has not changed for so long is what a person sees.
const QUIET: Duration = Duration::from_millis(700);

fn main() {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: pictures DIR");
        std::process::exit(64);
    };
    let directory = Path::new(&directory);
    fs::create_dir_all(directory).expect("the directory");
    let lab = Lab::started(3);
    lab.load("n1", RESOURCES);
    lab.wait_until_idle();
    let mut page = "# Shell and monitor\n".to_string();
    for (name, title, scene) in SCENES {
        let mut terminal = scene(&lab);
        terminal.drain(QUIET);
        fs::write(directory.join(format!("{name}.svg")), picture::svg(terminal.screen.screen())).expect("a picture");
        page += &format!("\n## {title}\n\n![{title}]({name}.svg)\n");
    }
    fs::write(directory.join("pictures.md"), page).expect("the page");
}

type Scene = fn(&Lab) -> Terminal;

const SCENES: [(&str, &str, Scene); 4] = [
    ("status", "The shell: status, and why", status),
    ("preview", "What a command would lead to", preview),
    ("wrong", "A mistake at its character", wrong),
    ("monitor", "The monitor", monitor),
];

fn status(lab: &Lab) -> Terminal {
    typed(lab, &["status", "resource why site"])
}

fn preview(lab: &Lab) -> Terminal {
    typed(lab, &["node standby n2 --preview"])
}

fn wrong(lab: &Lab) -> Terminal {
    typed(lab, &["configure colocation agents-near-db 10: agents dbb"])
}

fn monitor(lab: &Lab) -> Terminal {
    let mut terminal = Terminal::start(on(lab, "crm_mon"), 30);
    terminal.sees("site");
    terminal
}

fn typed(lab: &Lab, lines: &[&str]) -> Terminal {
    let mut command = on(lab, "quorate");
    command.arg("crm");
    let mut terminal = Terminal::start(command, 34);
    terminal.sees(")# ");
    for line in lines {
        terminal.press(&format!("{line}\r"));
        terminal.drain(QUIET);
    }
    terminal
}

fn on(lab: &Lab, name: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(program(name));
    command.env("QUORATE_ROOT", lab.root("n1"));
    command.env("HOME", lab.directory());
    command.env("TERM", "xterm-256color");
    for variable in ["NO_COLOR", "CIB_file", "CIB_shadow", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "PAGER"] {
        command.env_remove(variable);
    }
    command
}
