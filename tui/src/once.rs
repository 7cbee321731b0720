//! Printing the state once: to standard output, or into a file.
//!
//! In: what to show, and where the CIB is. Out: text, HTML or XML, and an exit code.

use std::io::Write;
use std::path::PathBuf;

use quorate_core::cib::document::PACEMAKER;
use quorate_core::exit::Exit;
use quorate_core::time::Now;
use quorate_core::view::{html, narrow, text, xml};
use quorate_core::xml::{Element, write_pretty};
use quorate_transport::store::{CibSource, StoreError};
use quorate_transport::zone;

use crate::args::{Format, Show};
use crate::message::Message;
use crate::snapshot::{Failure, Snapshot, fetch, view};

/// The state in the format asked for, and the exit code that goes with it.
pub fn print(snapshot: &Snapshot, show: &Show, now: Now) -> (String, Exit) {
    let mut view = view(snapshot, now, &show.options);
    narrow(&mut view, &show.options);
    if show.simple {
        return text::print_simple(&view);
    }
    let options = show.options.for_monitor(&view);
    let visible = |text: String| quorate_core::text::visible(&text).into_owned();
    let text = match show.format {
        Format::Console | Format::Text => visible(text::print(&view, &options)),
        Format::Html => html::print(&view, &options, &page(show)),
        Format::Xml => xml::print(&view, &options, &xml::Frame::Result { request: show.request.clone() }),
        Format::LegacyXml => xml::print(&view, &options, &xml::Frame::Legacy { version: PACEMAKER.to_string() }),
        Format::None => String::new(),
    };
    (text, Exit::OK)
}

fn page(show: &Show) -> html::Page {
    html::Page {
        title: show.page.title.clone(),
        stylesheet: show.page.stylesheet.clone(),
        cgi: show.page.cgi,
        reload_seconds: show.output.is_some().then_some((show.interval_ms / 1000).max(1)),
    }
}

/// Prints and says how it went.
pub fn run(source: &CibSource, show: &Show) -> Result<Exit, Failure> {
    let (text, code) = print(&fetch(source)?, show, zone::now());
    write(&text, show.output.as_deref())?;
    Ok(code)
}

/// Goes to the background and writes the file again whenever something changes.
pub fn go_on(source: &CibSource, show: &Show) -> Result<Exit, Failure> {
    // The first must succeed while somebody reads our complaints.
    run(source, show)?;
    let failed = |message: String| Failure { message, code: Exit::ERROR };
    nix::unistd::daemon(true, false).map_err(|error| failed(format!("cannot go to the background: {error}")))?;
    if let Some(file) = &show.pid_file {
        std::fs::write(file, format!("{}\n", std::process::id())).map_err(|error| failed(error.to_string()))?;
    }
    let (sender, messages) = std::sync::mpsc::channel();
    let _orders = crate::fetch::start(source.clone(), sender);
    while let Ok(message) = messages.recv() {
        let text = match message {
            Message::Refreshed { snapshot, now } => print(&snapshot, show, Now::in_zone(now, &show.options.zone)).0,
            Message::Lost { why } => lost(show, &why),
            _ => continue,
        };
        // A full disk may have room again later; nobody listens here.
        let _ = write(&text, show.output.as_deref());
    }
    Ok(Exit::OK)
}

/// What stands in the file while there is no cluster.
fn lost(show: &Show, why: &str) -> String {
    let words = format!("Connection to cluster failed: {why}");
    match show.format {
        Format::Html => format!("<!DOCTYPE html>\n<html lang=\"en\"><body><p>{words}</p></body></html>\n"),
        Format::Xml | Format::LegacyXml => {
            let status = Element::new("status").with("code", Exit::DISCONNECT.0.to_string()).with("message", words);
            write_pretty(&Element::new("pacemaker-result").with("request", &show.request).with_child(status))
        }
        _ => format!("{words}\n"),
    }
}

/// To a file whole, or to standard output; a reader that has gone away is no error.
pub fn write(text: &str, output: Option<&str>) -> Result<(), Failure> {
    match output {
        Some(path) => {
            let path = PathBuf::from(path);
            let cannot = |error: StoreError| Failure { message: error.to_string(), code: Exit::CANNOT_CREATE };
            quorate_transport::store::replace_shared(&path, text.as_bytes()).map_err(cannot)
        }
        None => {
            let mut out = std::io::stdout().lock();
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    Err(Failure { message: error.to_string(), code: Exit::CANNOT_CREATE })
                }
                _ => Ok(()),
            }
        }
    }
}
