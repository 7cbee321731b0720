//! `quorate exporter`: the state of the cluster for Prometheus, over HTTP.
//!
//! In: an address to listen at, loopback unless it is said otherwise. Out: `/metrics`, read anew each time.
//! Absent: which metrics there are (core's `view::metrics`).

use crate::standard::{self, Call, Manual, STANDARD};
use crate::{Exit, Io, door};
use quorate_core::arguments::{Argument, Value, argument};
use quorate_core::scheduler::{Input, resolve};
use quorate_core::view::{Extra, build, metrics};
use quorate_transport::cluster::corosync;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::{CibSource, StoreError};
use quorate_transport::zone;
use tiny_http::{Header, Method, Request, Response, Server};

/// Where ha_cluster_exporter listens.
const ADDRESS_DEFAULT: &str = "127.0.0.1:9664";

const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const OPTIONS: &[Argument] = &[
    argument(None, "listen", Value::Required("ADDRESS"), "Options", "where to listen (default: 127.0.0.1:9664)"),
    argument(None, "once", Value::None, "Options", "print the metrics and end"),
];

const MANUAL: Manual = Manual {
    name: "quorate exporter",
    operands: &[],
    about: "Serves the state of the cluster as Prometheus metrics",
    tables: &[OPTIONS, STANDARD],
    more: "",
};

/// Serves until it is ended.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, serve)
}

fn serve(call: Call, io: &mut Io) -> Exit {
    let source = Environment::of_process().first_source();
    if call.given.has("once") {
        return match page(&source) {
            Ok(text) => {
                io.line(text.trim_end());
                Exit::OK
            }
            Err(error) => {
                io.error(MANUAL.name, &error.to_string());
                crate::door::exit(&error)
            }
        };
    }
    let address = call.given.value("listen").unwrap_or_else(|| ADDRESS_DEFAULT.to_string());
    let server = match Server::http(&address) {
        Ok(server) => server,
        Err(error) => {
            io.error(MANUAL.name, &format!("cannot listen at {address}: {error}"));
            return Exit::ERROR;
        }
    };
    for request in server.incoming_requests() {
        answer(request, &source);
    }
    Exit::OK
}

fn answer(request: Request, source: &CibSource) {
    let (code, text) = match (request.method(), request.url()) {
        (Method::Get | Method::Head, "/metrics") => (200, said(source)),
        (Method::Get | Method::Head, "/") => (200, "metrics are at /metrics\n".to_string()),
        _ => (404, "there is /metrics\n".to_string()),
    };
    let mut response = Response::from_string(text).with_status_code(code);
    if let Ok(header) = Header::from_bytes("Content-Type", TYPE) {
        response.add_header(header);
    }
    // Who does not wait for the answer misses it.
    let _ = request.respond(response);
}

/// A cluster that does not answer is a fact, too.
fn said(source: &CibSource) -> String {
    let up = |value: u8| {
        format!("# HELP quorate_up Whether the daemon answers\n# TYPE quorate_up gauge\nquorate_up {value}\n")
    };
    page(source).map_or_else(|_| up(0), |text| text + &up(1))
}

fn page(source: &CibSource) -> Result<String, StoreError> {
    let (document, status) = door::read_with_status(source, ANSWER_WITHIN)?;
    let mut input = Input::new(&document, zone::now());
    input.quorate = status.as_ref().map(|status| status.quorate);
    let situation = resolve(&input);
    let view = build(&document, &situation, &status.as_ref().map(Extra::of).unwrap_or_default());
    let changed_at = view.summary.change.time.as_deref().and_then(zone::of_words);
    // The embedded engine has one link to each node, and its members tell of it.
    let links = status.as_ref().and_then(|status| corosync::links(&status.node).ok()).unwrap_or_default();
    Ok(metrics::print(&view, status.as_ref(), &links, changed_at))
}
