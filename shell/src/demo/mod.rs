//! `quorate demo`: a cluster on this host to try things on, and a story that shows what it does.
//!
//! Every node is a directory under one; its daemon takes it for its root. Absent: anything a
//! production cluster needs (see README).

mod nodes;
mod story;

use nodes::Demo;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use quorate_tools::{Exit, Io};
use std::io::IsTerminal;
use std::path::PathBuf;

#[derive(Parser, Debug)]
#[command(name = "quorate demo", about = "Start a cluster on this host and open its shell")]
struct DemoOptions {
    /// How many nodes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    nodes: u32,
    /// Where the nodes' directories are
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
    /// Where the programs `quorated` and `crm_mon` are (default: beside this one)
    #[arg(long, global = true, hide = true)]
    programs: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Subcommand, Debug)]
enum Sub {
    /// End the demo cluster and remove its directory
    Stop,
}

/// Reads the options; help and mistakes are printed, and their exit code returned.
fn parse(arguments: &[String], io: &mut Io) -> Result<DemoOptions, Exit> {
    let words = std::iter::once("quorate demo").chain(arguments.iter().map(String::as_str));
    DemoOptions::try_parse_from(words).map_err(|error| {
        let is_help = error.kind() == ErrorKind::DisplayHelp;
        let to: &mut dyn std::io::Write = if is_help { io.out } else { io.err };
        let _ = write!(to, "{}", error.render());
        if is_help { Exit::OK } else { Exit::USAGE }
    })
}

/// Runs the demo, or ends it.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let options: DemoOptions = match parse(arguments, io) {
        Ok(options) => options,
        Err(exit) => return exit,
    };
    match act(&options, io) {
        Ok(()) => Exit::OK,
        Err(message) => {
            io.error("quorate demo", &message);
            Exit::ERROR
        }
    }
}

fn act(options: &DemoOptions, io: &mut Io) -> Result<(), String> {
    let directory = options.dir.clone().unwrap_or_else(default_directory);
    let directory = std::path::absolute(&directory).map_err(|error| error.to_string())?;
    if let Some(Sub::Stop) = options.command {
        let demo = Demo::find(&directory)?;
        demo.stop()?;
        io.line("the demo cluster is gone");
        return Ok(());
    }
    let programs = match &options.programs {
        Some(programs) => programs.clone(),
        None => own_directory()?,
    };
    let demo = Demo::create(&directory, options.nodes, &programs)?;
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    io.line(&format!("starting {} nodes below {}", options.nodes, directory.display()));
    let ready = demo.start().and_then(|()| demo.load());
    if !interactive {
        let told = ready.and_then(|()| story::tell(&demo, io));
        let stopped = demo.stop();
        return told.and(stopped);
    }
    if let Err(error) = ready {
        demo.stop()?;
        return Err(error);
    }
    hint(&demo, io);
    let mut shell = demo.crm(&demo.names()[0], &[]);
    shell.status().map_err(|error| format!("cannot open the shell: {error}"))?;
    io.line(&format!("the nodes go on running; end them with: quorate demo stop{}", at(options)));
    Ok(())
}

fn at(options: &DemoOptions) -> String {
    let shown = options.dir.as_ref().map(|dir| format!(" --dir {}", dir.display()));
    shown.unwrap_or_default()
}

/// Short, because the path of a unix socket may not be long.
fn default_directory() -> PathBuf {
    PathBuf::from(format!("/tmp/quorate-demo-{}", nix::unistd::getuid()))
}

fn own_directory() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let directory = program.parent().map(PathBuf::from);
    directory.ok_or_else(|| format!("{} is in no directory", program.display()))
}

fn hint(demo: &Demo, io: &mut Io) {
    let first = demo.root(&demo.names()[0]);
    let last = demo.names().last().cloned().unwrap_or_default();
    io.line("");
    io.line("A cluster runs. This is its shell; try:");
    io.line("  status                          what runs where");
    io.line("  configure show                  the configuration");
    io.line(&format!("  resource move web {last}            move the group"));
    io.line(&format!("  node standby {last}                 empty a node"));
    io.line("In a second terminal, the monitor:");
    io.line(&format!("  QUORATE_ROOT={} {}", first.display(), first.join("usr/sbin/crm_mon").display()));
    io.line("Kill a node and watch it being fenced and its resources recovered:");
    io.line(&format!("  kill -9 $(cat {}/run/quorate/quorated.pid)", demo.root(&last).display()));
    io.line("");
}
